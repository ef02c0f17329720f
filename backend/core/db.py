"""The database: one engine a process, one transaction an edge, and work that leaves only after the commit."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache, partial
from typing import Any, Self

from sqlalchemy import event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core import sqlite
from backend.core.settings import settings

Session = AsyncSession
AfterCommit = Callable[[], Awaitable[None]]
_AFTER_COMMIT = "after_commit"


class Turn:
    """A process' turn to write to SQLite, taken when a transaction really begins and held until it is over.

    It saves waiting at SQLite's own lock and replaces it not: who waits in vain goes on, and waits there.
    """

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock, self._taken = lock, False

    async def take(self) -> None:
        """Wait for those who were first."""
        with suppress(TimeoutError):
            async with asyncio.timeout(sqlite.LOCK_SECONDS):
                self._taken = await self._lock.acquire()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._taken:
            self._lock.release()


class Database:
    """An async engine with two doors: `transaction` may write, `reading` may not.

    SQLite runs in WAL mode; a writing transaction starts with BEGIN IMMEDIATE, so that two writers
    queue for the lock instead of failing in the middle. Those of one process take turns before they ask for it.
    """

    def __init__(self, url: str, **engine_options: Any) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        # A server that was restarted, or a proxy that cut a quiet connection, is noticed before a request meets it.
        options = engine_options if self.is_sqlite else {"pool_pre_ping": True} | engine_options
        if self.is_sqlite:
            path = make_url(url).database or ""
            options["async_creator"] = lambda: sqlite.Connection(path)
        self.engine: AsyncEngine = create_async_engine(url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self._writers = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """One transaction; commits at the end, then runs what `after_commit` collected."""
        async with Turn(self._writers) as turn, self.engine.connect() as connection:
            await connection.execution_options(quadrille_turn=turn)
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

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """For who writes past this: to SQLite one at a time."""
        async with Turn(self._writers) as turn:
            if self.is_sqlite:
                await turn.take()
            yield

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


def idle_setting(seconds: float) -> dict[str, str]:
    """For a connection that writes: its locks must not outlive the lease of a process that stands still."""
    return {"idle_in_transaction_session_timeout": str(int(seconds * 1000))}


def _idle_at_most(seconds: float, dbapi_connection: Any, _record: Any) -> None:
    def send(driver: Any) -> Any:
        ((name, value),) = idle_setting(seconds).items()
        return driver.execute(f"SET {name} = {value}")

    dbapi_connection.run_async(send)


def _begin_sqlite(connection: Connection) -> None:
    turn: Turn | None = connection.get_execution_options().get("quadrille_turn")
    if turn is not None:
        await_only(turn.take())
    connection.exec_driver_sql("BEGIN" if turn is None else "BEGIN IMMEDIATE")
