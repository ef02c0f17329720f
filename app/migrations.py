"""Brings the database of the settings to the newest tables, and tells whether it is there."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from backend.core import db

ROOT = Path(__file__).resolve().parent.parent


def config() -> Config:
    """Alembic's configuration, wherever the caller's folder is."""
    return Config(ROOT / "alembic.ini")


def newest() -> str:
    """The revision that this version of the product needs."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


async def current() -> str:
    """The revision the database is at; empty when it has no tables yet."""
    async with db.database().reading() as session:
        connection = await session.connection()
        if not await connection.run_sync(lambda c: c.dialect.has_table(c, "alembic_version")):
            return ""
        found = await connection.execute(text("SELECT version_num FROM alembic_version"))
        return found.scalar_one_or_none() or ""


async def upgrade() -> bool:
    """Migrate to the newest revision; True when there was something to do."""
    if await current() == newest():
        return False
    await asyncio.to_thread(command.upgrade, config(), "head")
    return True
