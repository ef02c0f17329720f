"""SQLite for the async engine: quick statements run on the event loop, all others in one visit to a thread.

aiosqlite goes to its thread for every call, four times a statement. Each visit wakes a thread that sleeps and waits for
the interpreter with it, which costs more than most statements.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from typing import Any, Self, TypeVar

import aiosqlite

T = TypeVar("T")
QUICK_SECONDS = 0.002
"""A look that takes longer is broken off, and taken again in the thread."""
LOCK_SECONDS = 10.0
FEW = 20
"""So many rows may be inserted on the event loop."""

_CLOCK_STEPS = 1000  # of SQLite's machine, some 0.1 ms, between two looks at the clock
_PAUSES = (0.0003, 0.0005, 0.001, 0.002)  # SQLite's own waiting soon sleeps 25 ms and more at a time
_NEVER = float("inf")
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY)
_THERE = (*_BUSY, sqlite3.SQLITE_INTERRUPT)


class Visit:
    """One to the thread; wanted until whoever waits for it gives up."""

    wanted = True


class Connection(aiosqlite.Connection):
    """In autocommit until a BEGIN, with fsync at every COMMIT; what SQLAlchemy's dialect calls is cheap here."""

    def __init__(self, path: str) -> None:
        self._deadline = _NEVER
        self._visits = set[Visit]()

        def connect() -> sqlite3.Connection:
            made = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                patiently(lambda: made.execute(f"PRAGMA {pragma}"))  # noqa: B023 - called at once
            made.set_progress_handler(lambda: time.monotonic() > self._deadline, _CLOCK_STEPS)
            return made

        super().__init__(connect, iter_chunk_size=64)
        self._thread.daemon = True  # a process that ends does not wait for who forgot to close

    def cursor(self) -> Any:
        """A place for one result; SQLite's own cursor lives no longer than its statement."""
        return Cursor(self)

    async def commit(self) -> None:
        """Wait for the disk, where something was written."""
        if self._visits or self._conn.in_transaction:
            await self._visit(self._conn.commit)

    async def rollback(self) -> None:
        """Undo what was written, where something was."""
        if self._visits or self._conn.in_transaction:
            await self.run(self._conn.rollback, quick=True)

    async def run(self, work: Callable[[], T], *, quick: bool, may_repeat: bool = False) -> T:
        """Work here if that is quick and nothing of this connection is in the thread, else there.

        What may be repeated is broken off when it is not quick after all; a BEGIN may not, for SQLite can break it off when
        it has already begun.
        """
        if quick and not self._visits:
            self._deadline = time.monotonic() + QUICK_SECONDS if may_repeat else _NEVER
            try:
                return work()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode not in _THERE:
                    raise
            finally:
                self._deadline = _NEVER
        return await self._visit(work)

    async def _visit(self, work: Callable[[], T]) -> T:
        """It counts until the thread is done with it; where nobody waits for it any more, it waits for no lock."""
        this = Visit()
        self._visits.add(this)

        def visit() -> T:
            try:
                return patiently(work, this)
            finally:
                self._visits.discard(this)

        try:
            return await self._execute(visit)  # pyright: ignore[reportUnknownMemberType]
        finally:
            this.wanted = False

    def take(self, sql: str, given: Sequence[Any], *, many: bool) -> sqlite3.Cursor:
        """Run a statement; SQLite's cursor before anything was fetched."""
        return self._conn.executemany(sql, given) if many else self._conn.execute(sql, given)


class Cursor:
    """One result, taken whole together with its statement."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount, self.lastrowid, self.arraysize = -1, None, 1

    async def __aenter__(self) -> Self:
        """Part of what SQLAlchemy calls."""
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """One statement."""
        looks = sql.startswith("SELECT")
        quick = looks or sql.startswith("BEGIN") or _is_plain(sql)
        await self._connection.run(lambda: self._execute(sql, parameters), quick=quick, may_repeat=looks)
        return self

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Self:
        """One statement a row."""
        given = list(rows)
        quick = len(given) <= FEW and _is_plain(sql)
        await self._connection.run(lambda: self._execute(sql, given, many=True), quick=quick)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Part of what SQLAlchemy calls."""

    def _execute(self, sql: str, given: Sequence[Any], *, many: bool = False) -> None:
        made = self._connection.take(sql, given, many=many)
        self.description = made.description
        self._rows = made.fetchall() if made.description else []
        self.rowcount, self.lastrowid = made.rowcount, made.lastrowid
        made.close()


def patiently(work: Callable[[], T], visit: Visit | None = None) -> T:
    """In a thread: try again while another process holds the lock; raises SQLite's error when that takes too long."""
    visit = visit or Visit()
    until = time.monotonic() + LOCK_SECONDS
    for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in _BUSY or time.monotonic() > until or not visit.wanted:
                raise
        time.sleep(pause)
    raise AssertionError("an endless loop has ended")


def _is_plain(sql: str) -> bool:
    """An INSERT of given values, which is quick; one that selects what it inserts need not be."""
    return sql.startswith("INSERT") and "SELECT" not in sql
