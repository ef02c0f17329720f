"""The database: one engine a process, one transaction an edge, and work that leaves only after the commit."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.settings import settings

Session = AsyncSession
AfterCommit = Callable[[], Awaitable[None]]
_AFTER_COMMIT = "after_commit"


class Database:
    """An async engine with two doors: `transaction` may write, `reading` may not.

    SQLite runs in WAL mode; a writing transaction starts with BEGIN IMMEDIATE, so that two writers
    queue for the lock instead of failing in the middle.
    """

    def __init__(self, url: str, **engine_options: Any) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        # A server that was restarted, or a proxy that cut a quiet connection, is noticed before a request meets it.
        options = engine_options if self.is_sqlite else {"pool_pre_ping": True} | engine_options
        self.engine: AsyncEngine = create_async_engine(url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """One transaction; commits at the end, then runs what `after_commit` collected."""
        async with self.engine.connect() as connection:
            await connection.execution_options(quadrille_write=True)
            async with Session(connection, expire_on_commit=False) as session:
                yield session
                await session.commit()
                await connection.commit()
        for leave in session.info.pop(_AFTER_COMMIT, []):
            await leave()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Session]:
        """A transaction for reading only; what it writes is rolled back."""
        async with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def idle_at_most(self, seconds: float) -> None:
        """From the next connection on, PostgreSQL ends a transaction that its process has left alone, as a frozen one does."""
        if not self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", partial(_idle_at_most, seconds))

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


@asynccontextmanager
async def part(session: Session) -> AsyncGenerator[None]:
    """A part of a transaction that may fail by itself: then nothing of it stands, and nothing of it leaves."""
    waiting = len(session.info.get(_AFTER_COMMIT, []))
    try:
        async with session.begin_nested():
            yield
    except BaseException:
        del session.info.get(_AFTER_COMMIT, [])[waiting:]
        raise


def after_commit(session: Session, leave: AfterCommit) -> None:
    """Run `leave` once the transaction of `session` is committed, never otherwise (decision D17)."""
    session.info.setdefault(_AFTER_COMMIT, []).append(leave)


@lru_cache
def database() -> Database:
    """The database of this process, opened from the settings at first use."""
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    return Database(settings().resolved_database_url())


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def idle_statement(seconds: float) -> str:
    """For a connection that writes: its locks must not outlive the lease of a process that stands still."""
    return f"SET idle_in_transaction_session_timeout = {int(seconds * 1000)}"


def _idle_at_most(seconds: float, dbapi_connection: Any, _record: Any) -> None:
    def send(driver: Any) -> Any:
        return driver.execute(idle_statement(seconds))

    dbapi_connection.run_async(send)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("quadrille_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
