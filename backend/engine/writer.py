"""The group-commit writer: everybody hands in, one transaction takes all that waits, then everybody goes on."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from backend.core import db, failpoints, log
from backend.engine.batch import Failures
from backend.engine.records import Commit, Fenced, SignalArrived, StoreLost, wire_form
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
        self._lost: set[tuple[str, int | None]] = set()

    def submit(self, commit: Commit) -> asyncio.Future[None]:
        """Hand in; the future is done after COMMIT, or carries Fenced, SignalArrived or StoreLost.

        Once a commit of a claim was lost, none that came after it is stored: a history may end early, never have a hole.
        """
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
            taken = [entry for entry in taken if not self._follows_a_loss(*entry)]
            batch = [commit for commit, _ in taken]
            try:
                failures = await self._store.apply(batch) if batch else {}
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                failures: Failures = dict.fromkeys(range(len(taken)), error)
            self._tell(taken, failures)
            failpoints.passed("writer.told")
        self._writing = None

    def _follows_a_loss(self, commit: Commit, future: asyncio.Future[None]) -> bool:
        """Refuse what comes after something that was lost."""
        if (commit.run_id, commit.token) not in self._lost:
            return False
        self._refuse(future, StoreLost("What came before in this run was not stored."))
        return True

    def _refuse(self, future: asyncio.Future[None], error: Exception) -> None:
        if not future.done():
            future.set_exception(error)
            future.exception()  # a commit that nobody awaits must not warn; the next awaited one fails alike

    def _tell(self, taken: list[tuple[Commit, asyncio.Future[None]]], failures: Failures) -> None:
        for place, (commit, future) in enumerate(taken):
            refused = failures.get(place)
            if refused is not None:
                if commit.token is not None and not isinstance(refused, Fenced | SignalArrived):
                    self._lost.add((commit.run_id, commit.token))
                self._refuse(future, refused)
                continue
            if commit.events and commit.token is not None:
                self._announce(commit)
            if not future.done():  # else whoever waited was cancelled
                future.set_result(None)

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
