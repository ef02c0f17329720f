"""Insert a row unless one with the same key stands: of many who try at once, one wins and the others learn it."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Result, inspect
from sqlalchemy import insert as sqlalchemy_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from backend.core.db import Session

Row = TypeVar("Row", bound=SQLModel)


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


async def insert_new(session: Session, table: type[Row], rows: Sequence[Row]) -> None:
    """Insert rows that nothing stands in the way of, in one statement and without keeping them in the session."""
    if rows:
        connection = await session.connection()
        await connection.execute(sqlalchemy_insert(table), [_values(row) for row in rows])


def _values(row: SQLModel) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).columns}
