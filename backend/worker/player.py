"""The runs this worker holds: played at once as tasks, stopped, told of signals, and dropped honestly when playing fails."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError

from backend.core import db, log
from backend.engine.ports import Outcome, RunToPlay, StopReason
from backend.runs.schemas import TERMINAL
from backend.worker import children, orphans, repository

_log = log.get(__name__)


class Plays(Protocol):
    """The engine, as far as the player needs it."""

    async def play(self, run: RunToPlay) -> Outcome:
        """Play until the run ends or is parked."""
        ...

    def deliver(self, run_id: str, key: str, payload: JsonValue) -> bool:
        """Wake a waiting step."""
        ...

    def stop(self, run_id: str, why: StopReason) -> bool:
        """Let no further step begin."""
        ...

    def watch(self, run_id: str, breaks: Mapping[str, Any] | None) -> None:
        """Stop it at these places."""
        ...


class Player:
    """Holds at most `capacity` runs."""

    def __init__(self, engine: Plays, worker_id: str, capacity: int) -> None:
        self._engine = engine
        self._worker_id = worker_id
        self._capacity = capacity
        self._live: dict[str, RunToPlay] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self.freed: Callable[[], None] = self._changed.set

    def live_runs(self) -> int:
        """How many runs are held now."""
        return len(self._live)

    def holds(self, run_id: str) -> bool:
        """True while the run is played here."""
        return run_id in self._live

    def room(self) -> int:
        """How many more runs may be claimed."""
        return self._capacity - len(self._live)

    async def until_room(self) -> None:
        """Wait until at least one more run may be claimed."""
        while self.room() <= 0:
            self._changed.clear()
            await self._changed.wait()

    async def until_empty(self) -> None:
        """Wait until nothing is held any more."""
        while self._live:
            self._changed.clear()
            await self._changed.wait()

    def start(self, tasks: asyncio.TaskGroup, run: RunToPlay) -> None:
        """Play a claimed run beside the others."""
        self._live[run.run_id] = run
        self._tasks[run.run_id] = tasks.create_task(self._play(run), name=run.run_id)

    def stop(self, run_id: str, why: StopReason) -> None:
        """Cancel, pause or drain a run, if it is held here."""
        if run_id in self._live:
            self._engine.stop(run_id, why)

    def watch(self, run_id: str, breaks: Mapping[str, Any] | None) -> None:
        """Take other breakpoints for a run, if it is held here."""
        if run_id in self._live:
            self._engine.watch(run_id, breaks)

    def drain(self) -> None:
        """Let every run come to rest at its next step; each goes back to the queue."""
        for run_id in list(self._live):
            self._engine.stop(run_id, "drain")

    def abandon(self) -> None:
        """Let go of what does not come to rest."""
        for task in self._tasks.values():
            task.cancel()

    def deliver(self, run_id: str, items: Mapping[str, JsonValue]) -> None:
        """Pass on what was sent to the steps of a run."""
        if run_id in self._live:
            for key, payload in items.items():
                self._engine.deliver(run_id, key, payload)

    async def _play(self, run: RunToPlay) -> None:
        try:
            outcome = await self._engine.play(run)
            _log.debug("stretch played", run=run.run_id, outcome=outcome.status)
            if run.is_child and outcome.status in TERMINAL:
                await children.tell(run.run_id)
        except Exception as error:  # noqa: BLE001 - one run that cannot be played must not end the others
            _log.exception("a run could not be played", run=run.run_id)
            await self._drop(run, f"{type(error).__name__}: {error}")
        finally:
            if (
                self._live.get(run.run_id) is run
            ):  # else it was given back and has been claimed anew meanwhile
                del self._live[run.run_id], self._tasks[run.run_id]
            self._changed.set()
            self.freed()

    async def _drop(self, run: RunToPlay, why: str) -> None:
        """Give the run back. Where the database is away too, the look at what this worker holds finds it later."""
        try:
            async with db.database().transaction() as session:
                row = await repository.held_row(session, run.run_id, self._worker_id)
                if row and row.token == run.token:
                    await orphans.requeue(session, row, why)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the run could not be given back yet", run=run.run_id, error=str(error))
