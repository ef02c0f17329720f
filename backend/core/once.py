"""Insert a row unless one with the same key stands: of many who try at once, one wins and the others learn it."""

from typing import Any, cast

from sqlalchemy import Result, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from backend.core.db import Session


async def insert(session: Session, row: SQLModel, *, unique: tuple[str, ...]) -> bool:
    """True when `row` was written, False when another row with the same `unique` columns was there already.

    On PostgreSQL a rival that has not committed yet is waited for, so False always means a committed rival.
    """
    table = type(row)
    values = {column.key: getattr(row, column.key) for column in inspect(table).columns}
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(values).on_conflict_do_nothing(index_elements=list(unique))
    written = cast(
        Result[Any], await session.exec(statement.returning(*(getattr(table, name) for name in unique)))
    )
    return written.first() is not None
