"""The group-commit writer: everybody hands in, one transaction takes all that waits, then everybody goes on."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from backend.core import db, failpoints, log
from backend.engine.batch import Failures
from backend.engine.records import Commit, Fenced, SignalArrived, Steered, StoreLost, wire_form
from backend.engine.writer_postgres import PostgresStore
from backend.engine.writer_sqlite import SqliteStore

MAX_BATCH = 500
GATHER_SECONDS = 0.005
"""So long does the writer wait for company while nobody waits for it."""
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


class Stored(asyncio.Future[None]):
    """Done after COMMIT, or carries Fenced, SignalArrived, Steered or StoreLost. Whoever awaits it makes the writer hurry."""

    def __init__(self, hurry: Callable[[], None]) -> None:
        super().__init__()
        self.hurry = hurry

    def __await__(self) -> Generator[Any, None, None]:
        if not self.done():
            self.hurry()
        return super().__await__()


class Writer:
    """One a process. Commits are stored in the order in which they were handed in.

    What nobody awaits may wait a moment for what comes next: the steps of a run that is ahead of the disk are one transaction.
    """

    def __init__(self, store: Store, database: db.Database) -> None:
        self.database = database
        self.committed: Committed = _nobody
        self._store = store
        self._waiting: list[tuple[Commit, Stored]] = []
        self._writing: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._hurried = False
        self._lost: set[tuple[str, int | None]] = set()

    def submit(self, commit: Commit) -> Stored:
        """Hand in.

        Once a commit of a claim was lost, none that came after it is stored: a history may end early, never have a hole.
        """
        stored = Stored(self._hurry)
        self._waiting.append((commit, stored))
        if len(self._waiting) >= MAX_BATCH:
            self._hurry()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._hurry)
        return stored

    async def close(self) -> None:
        """Store what is still waiting, then close the database's side."""
        while self._waiting or self._writing is not None:
            self._hurry()
            if self._writing is not None:
                await self._writing
        await self._store.close()

    def _hurry(self) -> None:
        """Take all that waits as soon as the transaction under way is over."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self._hurried = True
        if self._writing is None:
            # The writer outlives every run, so no TaskGroup can own it; `close` waits for it.
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        while self._hurried and self._waiting:
            self._hurried = len(self._waiting) > MAX_BATCH
            taken, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            taken = [entry for entry in taken if not self._follows_a_loss(*entry)]
            batch = [commit for commit, _ in taken]
            try:
                async with self.database.turn():
                    failures = await self._store.apply(batch) if batch else {}
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                failures: Failures = dict.fromkeys(range(len(taken)), error)
            self._tell(taken, failures)
            failpoints.passed("writer.told")
        self._writing = None

    def _follows_a_loss(self, commit: Commit, future: Stored) -> bool:
        """Refuse what comes after something that was lost."""
        if (commit.run_id, commit.token) not in self._lost:
            return False
        self._refuse(future, StoreLost("What came before in this run was not stored."))
        return True

    def _refuse(self, future: Stored, error: Exception) -> None:
        if not future.done():
            future.set_exception(error)
            future.exception()  # a commit that nobody awaits must not warn; the next awaited one fails alike

    def _tell(self, taken: list[tuple[Commit, Stored]], failures: Failures) -> None:
        for place, (commit, future) in enumerate(taken):
            refused = failures.get(place)
            if refused is not None:
                if commit.token is not None and not isinstance(refused, Fenced | SignalArrived | Steered):
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
