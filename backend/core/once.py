"""Insert a row unless one with the same key stands: of many who try at once, one wins and the others learn it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Result, inspect
from sqlalchemy import insert as sqlalchemy_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from backend.core.db import Session


async def insert(session: Session, row: SQLModel, *, unique: tuple[str, ...]) -> bool:
    """True when `row` was written, False when another row with the same `unique` columns was there already.

    On PostgreSQL a rival that has not committed yet is waited for, so False always means a committed rival.
    """
    table = type(row)
    values = _values(row)
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(values).on_conflict_do_nothing(index_elements=list(unique))
    written = cast(
        Result[Any], await session.exec(statement.returning(*(getattr(table, name) for name in unique)))
    )
    return written.first() is not None


async def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that nothing stands in the way of, in one statement and without keeping them in the session.

    A row that lacks a column has its default there. Columns that all rows leave empty are not named: each costs time a row.
    """
    if not rows:
        return
    used = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    connection = await session.connection()
    await connection.execute(sqlalchemy_insert(table), [{name: row[name] for name in used} for row in rows])


def _values(row: SQLModel) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).columns}
