"""The writer's SQLite side: one connection in one thread, so that the event loop never waits for the disk."""

import asyncio
import sqlite3
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import make_url

from backend.core import failpoints, log, sqlite
from backend.engine import batch as batches
from backend.engine import sql
from backend.engine.batch import Failures, Row
from backend.engine.records import Commit, StoreLost

T = TypeVar("T")
_TRIES = 5
_log = log.get(__name__)


class SqliteStore:
    """WAL, BEGIN IMMEDIATE, and a busy timeout for the other processes' writers."""

    def __init__(self, url: str, synchronous: str) -> None:
        self._path = make_url(url).database or ""
        self._synchronous = synchronous
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._connection: sqlite3.Connection | None = None

    async def apply(self, batch: Sequence[Commit]) -> Failures:
        """Store the batch in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._apply, batch)

    async def close(self) -> None:
        """Close the connection and the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _apply(self, batch: Sequence[Commit]) -> Failures:
        problem = ""
        for trial in range(1, _TRIES + 1):
            try:
                return self._transaction(batch)
            except sqlite3.OperationalError as error:  # locked, or the disk is full
                _log.warning("the database did not take a batch", error=str(error), trial=trial)
                problem = str(error)
            except sqlite3.Error as error:
                return self._apart(batch, error)
        raise StoreLost(f"The database did not take a batch: {problem}")

    def _apart(self, batch: Sequence[Commit], error: sqlite3.Error) -> Failures:
        """Some row is unacceptable: store the commits one by one, so that only its own run suffers."""
        if len(batch) == 1:
            return {0: StoreLost(f"The database refused a row: {error}")}
        found: Failures = {}
        lost: dict[str, Exception] = {}
        for place, commit in enumerate(batch):
            if commit.run_id in lost:  # what follows a loss would leave a hole
                found[place] = lost[commit.run_id]
                continue
            for refused in self._apply([commit]).values():
                found[place] = refused
                if isinstance(refused, StoreLost):
                    lost[commit.run_id] = refused
        return found

    def _transaction(self, batch: Sequence[Commit]) -> Failures:
        connection = self._connect()
        failpoints.passed("writer.begin")
        sqlite.patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            failures = _without_suspending(batches.write(_Cursor(connection), batch, _ENCODING))
            connection.execute("COMMIT")
            failpoints.passed("writer.committed")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return failures

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, isolation_level=None, timeout=0, check_same_thread=True, cached_statements=64
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(f"PRAGMA synchronous={self._synchronous}")
            self._connection.execute("PRAGMA foreign_keys=ON")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Cursor:
    """sqlite3 behind the async face of `batch.Cursor`; nothing here ever suspends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def first(self, statement: str, row: Row) -> Row | None:
        rows = self._connection.execute(statement, row).fetchall()
        return rows[0] if rows else None

    async def all(self, statement: str, row: Row) -> Sequence[Row]:
        return self._connection.execute(statement, row).fetchall()

    async def many(self, statement: str, rows: list[Row]) -> None:
        self._connection.executemany(statement, rows)


def _without_suspending(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in this thread: with `_Cursor` it cannot suspend, so it needs no event loop."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("the SQLite writer's work tried to wait")


def _moment(at: datetime) -> str:
    """As SQLAlchemy stores moments in SQLite, so that its readers find them."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_ENCODING = batches.Encoding(moment=_moment, close_questions=sql.CLOSE_QUESTIONS)
