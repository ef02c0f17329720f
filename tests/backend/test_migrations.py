"""Migrations go up, down and up again with rows in every table, and lead to exactly the tables of the models."""

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Table,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app import checkup, migrations
from app.tables import METADATA
from backend.core import db
from backend.core.columns import Json, UtcDateTime
from backend.core.settings import Settings
from tests.servers import migrate

pytestmark = pytest.mark.db
ROWS = 3
MOMENT = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(Settings(database_url=url).resolved_database_url())  # pyright: ignore[reportCallIssue]


def _value(column: Column[Any], number: int) -> Any:
    """Something of the column's type that differs from row to row, with letters that are not ASCII."""
    kind = column.type
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return _value(key.column, number)
    by_type: tuple[tuple[Any, Any], ...] = (
        (Boolean, number % 2 == 0),
        (Integer, number),
        (Float, number / 4),
        (UtcDateTime | DateTime, MOMENT),
        (LargeBinary, bytes([0, 255, number])),
        (type(Json), {"größe": [number, None, "☃"]}),
    )
    return next((value for of, value in by_type if isinstance(kind, of)), f"{column.name} ☃ {number}")


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(column, number) for column in table.columns}


def _fill(connection: Connection) -> None:
    for table in METADATA.sorted_tables:
        connection.execute(table.insert(), [_row(table, number) for number in range(1, ROWS + 1)])


def _check_rows(connection: Connection) -> None:
    for table in METADATA.sorted_tables:
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        wanted = [_row(table, number) for number in range(1, ROWS + 1)]
        key = table.primary_key.columns.values()[0].name
        assert sorted(rows, key=lambda row: row[key]) == sorted(wanted, key=lambda row: row[key]), table.name


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def _difference(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def test_every_table_takes_part() -> None:
    assert len(METADATA.sorted_tables) > 15
    assert {table.name for table in METADATA.sorted_tables} == set(METADATA.tables)


async def test_up_down_and_up_again_with_rows_in_every_table(database_url: str) -> None:
    engine = _engine(database_url)
    async with engine.begin() as connection:
        assert await connection.run_sync(_tables) == set(METADATA.tables)
        await connection.run_sync(_fill)
    migrate(database_url)  # nothing to do, and nothing is lost
    async with engine.begin() as connection:
        await connection.run_sync(_check_rows)
    await engine.dispose()
    migrate(database_url, "base")
    async with engine.begin() as connection:
        assert await connection.run_sync(_tables) == set()
    await engine.dispose()
    migrate(database_url)
    async with engine.begin() as connection:
        assert await connection.run_sync(_tables) == set(METADATA.tables)
        for table in METADATA.sorted_tables:
            assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 0
        await connection.run_sync(_fill)
        await connection.run_sync(_check_rows)
    await engine.dispose()


async def test_the_migrated_tables_are_those_of_the_models(database_url: str) -> None:
    engine = _engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_difference) == []
    await engine.dispose()


async def test_a_column_that_only_a_model_has_would_be_noticed(database_url: str) -> None:
    engine = _engine(database_url)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("ALTER TABLE team DROP COLUMN name")
        found = await connection.run_sync(_difference)
        await connection.rollback()
    await engine.dispose()
    assert [(kind, table, column.name) for kind, _, table, column in found] == [
        ("add_column", "team", "name")
    ]


async def test_a_database_of_another_version_is_told_of_and_left_alone(database: db.Database) -> None:
    await _call_it(database, "0001")
    with pytest.raises(migrations.StrangeTables, match="another version"):
        await migrations.upgrade()
    assert (await checkup.database()).state == "broken"
    assert await migrations.current() == "0001"
    await _call_it(database, migrations.newest())
    assert not await migrations.upgrade()


async def _call_it(database: db.Database, revision: str) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )
