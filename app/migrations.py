"""Brings the database of the settings to the newest tables, and tells whether it is there."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from backend.core import db
from backend.core.errors import Unavailable

ROOT = Path(__file__).resolve().parent.parent

MENDED_BY = (
    "Start the version that made it and export what you need, then begin with another QUADRILLE_DATA_DIR or "
    "QUADRILLE_DATABASE_URL. Until the first release tables change without a way from one state to the next."
)


class StrangeTables(Unavailable):
    """The database was made by a newer version, or by one from before the first release."""

    code, title = "strange_tables", "Another version's database"


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


def is_known(revision: str) -> bool:
    """Whether there is a way from this revision to the newest one."""
    return not revision or revision in {
        one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()
    }


async def upgrade() -> bool:
    """Migrate to the newest revision; True when there was something to do. Raises StrangeTables."""
    at = await current()
    if at == newest():
        return False
    if not is_known(at):
        raise StrangeTables(f"The database has the tables of another version ({at}).", fix=MENDED_BY)
    await asyncio.to_thread(command.upgrade, config(), "head")
    return True
