"""The group-commit writer: everybody hands in, one transaction takes all that waits, then everybody goes on."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from backend.core import db, log
from backend.engine.batch import Failures
from backend.engine.records import Commit, wire_form
from backend.engine.writer_postgres import PostgresStore
from backend.engine.writer_sqlite import SqliteStore

MAX_BATCH = 500
_log = log.get(__name__)
Committed = Callable[[str, list[dict[str, Any]]], None]


class Store(Protocol):
    """A database's side of the writer: takes one batch at a time."""

    async def apply(self, batch: Sequence[Commit]) -> Failures:
        """Store the batch in one transaction; give back what was refused alone."""
        ...

    async def close(self) -> None:
        """Finish and let go."""
        ...


class Writer:
    """One a process. Commits are stored in the order in which they were handed in."""

    def __init__(self, store: Store, database: db.Database) -> None:
        self.database = database
        self.committed: Committed = _nobody
        self._store = store
        self._waiting: list[tuple[Commit, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    def submit(self, commit: Commit) -> asyncio.Future[None]:
        """Hand in; the future is done after COMMIT, or carries Fenced, SignalArrived or StoreLost."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((commit, future))
        if self._writing is None:
            # The writer outlives every run, so no TaskGroup can own it; `close` waits for it.
            self._writing = asyncio.get_running_loop().create_task(self._write())
        return future

    async def close(self) -> None:
        """Store what is still waiting, then close the database's side."""
        while self._writing is not None:
            await self._writing
        await self._store.close()

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            batch = [commit for commit, _ in taken]
            try:
                failures = await self._store.apply(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                failures: Failures = dict.fromkeys(range(len(taken)), error)
            self._tell(taken, failures)
        self._writing = None

    def _tell(self, taken: list[tuple[Commit, asyncio.Future[None]]], failures: Failures) -> None:
        for place, (commit, future) in enumerate(taken):
            refused = failures.get(place)
            if refused is None and commit.events and commit.token is not None:
                self._announce(commit)
            if future.done():  # whoever waited was cancelled
                continue
            if refused is None:
                future.set_result(None)
            else:
                future.set_exception(refused)
                future.exception()  # a commit that nobody awaits must not warn; the next awaited one fails alike

    def _announce(self, commit: Commit) -> None:
        try:
            self.committed(commit.run_id, wire_form(commit))
        except Exception:  # noqa: BLE001 - the rows stand; a listener's mistake must not stop everybody's writer
            _log.exception("a listener failed", run=commit.run_id)


def _nobody(_run_id: str, _events: list[dict[str, Any]]) -> None:
    """The listener until an engine sets one."""


async def open_writer(database: db.Database, *, synchronous: str = "FULL") -> Writer:
    """The writer of this process for that database."""
    if database.is_sqlite:
        return Writer(SqliteStore(database.url, synchronous), database)
    return Writer(await PostgresStore.connect(database.url), database)
