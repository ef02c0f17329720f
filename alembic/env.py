"""Runs migrations against the database of the settings, on SQLite and PostgreSQL alike."""

import asyncio

from alembic import context
from sqlalchemy import JSON, Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from app.tables import METADATA
from backend.core.columns import UtcDateTime
from backend.core.settings import settings


def as_plain_sqlalchemy(kind: str, item: object, _context: object) -> str | bool:
    """Write our column types as SQLAlchemy's own, so that a migration stays true when our code moves on."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, JSON):
        return "sa.JSON(none_as_null=True)"
    return False


def run(connection: Connection) -> None:
    """Migrate on an open connection, every migration in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        render_item=as_plain_sqlalchemy,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Open the database of the settings and migrate it."""
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    url = settings().resolved_database_url()
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
