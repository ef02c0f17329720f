"""A run that is being played: its journal, its commits, who of it is busy and who waits, and the wish to stop."""

import asyncio
from collections.abc import Awaitable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import JsonValue

from backend.core import clock, failpoints
from backend.engine import values
from backend.engine.gates import Gate, Places
from backend.engine.handed_in import HandedIn
from backend.engine.ir import Program
from backend.engine.journal import Journal
from backend.engine.ports import (
    Children,
    ContextFactory,
    LiveKind,
    LiveListener,
    NewEvent,
    Questions,
    RunToPlay,
    StepId,
    StopReason,
)
from backend.engine.records import Beside, Change, Commit, EffectRow, LetterRow, StepRow, wire_form
from backend.engine.turns import Turns
from backend.engine.values import Kept
from backend.engine.waits import Waiter
from backend.engine.writer import Stored, Writer
from backend.nodes.kind import Kind

MOST_AHEAD = 64
"""So many pure steps may be played before the first of them is durable."""

_LOST_TURN = 1.0  # seconds that a replay rests before it goes on without what it waits for

Halt = StopReason | Literal["sleep"]
"""Why no new step begins: a wish from outside, or everything waits and the run goes to sleep."""


@dataclass(frozen=True)
class Patience:
    """How long things may take before the run lets go of them."""

    idle_person: float = 1.0  # only people or events can wake it: let go of the memory soon
    idle_time: float = 30.0
    cancel_grace: float = 5.0


@dataclass(frozen=True)
class World:
    """What the layers above give to every run."""

    writer: Writer
    contexts: ContextFactory
    questions: Questions
    listener: LiveListener
    children: Children | None
    kinds: Mapping[str, Kind]
    patience: Patience = Patience()
    gates: Mapping[str, Gate] = field(default_factory=dict[str, Gate])


class LiveRun:
    """The shared state of all steps of one run in this process."""

    program: Program  # given when playing begins

    def __init__(self, run: RunToPlay, world: World) -> None:
        self.run, self.world, self.journal = run, world, Journal()
        self.halt: Halt | None = "cancel" if run.given_up else run.stop
        self.diverged = run.diverged
        self.cancelled = self.halt == "cancel"  # for good; it does not halt the undoing of sagas
        self.breaks: Mapping[str, Any] | None = run.breaks
        self.stopped_at: tuple[StepId, str] | None = None
        self.waiters: dict[Waiter, None] = {}
        self.asleep: list[Waiter] = []
        self.trying: dict[asyncio.Task[Any], str] = {}  # which kinds are at work, and in which scope
        self.gate = Gate(run.diagram.max_parallel) if run.diagram.max_parallel else None
        self.places = Places()
        self.around = 0  # failed steps
        self.limits: dict[object, datetime] = {}  # when containers have to be done
        self.turns = Turns()
        self._due: list[datetime] = []
        self._ended: set[asyncio.Task[Any]] = set()
        self._failed: set[str] = set()
        self._newest: Stored | None = None  # of the commits that nobody has waited for
        self._ahead = 0
        self._handed_in = HandedIn()
        self._busy = 0
        self._idle: asyncio.TimerHandle | None = None
        self._grace: asyncio.TimerHandle | None = None
        self.names: Mapping[str, JsonValue] = {
            "id": run.run_id,
            "started_at": run.started_at.isoformat() if run.started_at else None,
            "started_by": run.started_by,
            **(run.acting.shown_as if run.acting else {}),
        }

    # --- writing ---

    def note(self, *events: NewEvent, kept: Sequence[Kept] = (), effects: Sequence[EffectRow] = ()) -> Stored:
        """Hand history rows to the writer; await what it gives where they have to be durable before going on."""
        commit = self._new(list(events))
        commit.effects = effects
        return self._submit(commit, kept)

    def record(self, row: StepRow, kept: Sequence[Kept], events: list[NewEvent], beside: Beside) -> Stored:
        """Hand in a finished step with its blobs, its events, and what else it leaves."""
        failpoints.passed("step.record")
        commit = self._new(events)
        commit.steps.append(row)
        self.around += row.error is not None
        commit.told, commit.cached = beside.told, beside.cached
        commit.effects, commit.diverged = beside.effects, beside.diverged
        return self._submit(commit, kept)

    def move(
        self, change: Change, *events: NewEvent, letters: Sequence[LetterRow] = (), gave: Kept | None = None
    ) -> Awaitable[None]:
        """Change the run's row together with the events that tell of it. What was given up stays so until its end."""
        commit, given_up = self._new(list(events)), self.run.given_up
        kept = given_up is not None and not change.finished
        commit.change = replace(change, error=values.dumps(given_up)) if kept else change
        commit.letters = list(letters)
        return self._submit(commit, [gave] if gave else [])

    async def run_ahead(self, stored: Stored) -> None:
        """Go on before this commit is durable, but never far ahead of the disk, in steps or in bytes."""
        self._newest = stored
        self._ahead += 1
        if self._handed_in.much or self._ahead >= MOST_AHEAD:
            await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is ahead of the disk any more; raises what became of a commit that was lost."""
        newest, self._ahead, self._handed_in.much = self._newest, 0, False
        if newest is not None and not newest.done():
            newest.hurry()
        if newest is not None:
            await asyncio.shield(newest)

    def tell(self, event: NewEvent, kind: LiveKind) -> None:
        """Tell those who watch now; nothing is stored."""
        told = wire_form(self._new([event]))[0] | {"kind": kind, "seq": None}
        self.world.listener.volatile(self.run.run_id, told)

    def hand_in(self, *events: NewEvent, **parts: list[Any]) -> Stored:
        """Hand in history rows together with other parts of a commit, by their names there."""
        commit = self._new(list(events))
        for name, rows in parts.items():
            setattr(commit, name, rows)
        return self.world.writer.submit(commit)

    def _new(self, events: list[NewEvent]) -> Commit:
        run = self.run
        return Commit(run.run_id, run.team_id, run.token, clock.now(), events, workflow_id=run.workflow_id)

    def _submit(self, commit: Commit, kept: Sequence[Kept]) -> Stored:
        for value in kept:
            commit.blobs += self._handed_in.new(value)
        return self.world.writer.submit(commit)

    # --- busy and waiting ---

    def busy(self, more: int) -> None:
        """Count who of this run does something; when nobody does, the run may go to sleep after a while."""
        self._busy += more
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._busy == 0 and self.waiters and self.halt is None:
            self._idle = asyncio.get_running_loop().call_later(self._rest(), self._rested)

    def _rest(self) -> float:
        """How long nothing moves before nothing is expected to move any more, in seconds."""
        patience, kinds = self.world.patience, {waiter.what for waiter in self.waiters}
        if "turn" in kinds:
            return _LOST_TURN
        return patience.idle_person if kinds <= {"person", "event"} else patience.idle_time

    def _rested(self) -> None:
        turns = [waiter for waiter in self.waiters if waiter.what == "turn"]
        for waiter in turns:
            waiter.deliver(None)
        if not turns:
            self.stop("sleep")

    async def wait(self, waiter: Waiter) -> JsonValue:
        """Wait for a delivery, which may have come already, or a moment; raises Halted when the run stops playing here."""
        if self.halt is not None or self.abandoned(waiter.path):
            waiter.halt()
        elif (came := self._came(waiter)) is not None:
            waiter.deliver(came)
        self.waiters[waiter] = None
        self.busy(-1)
        try:
            return await waiter.result()
        finally:
            del self.waiters[waiter]
            self.busy(+1)

    def deliver(self, key: str, payload: JsonValue) -> None:
        """Something arrived; it is for a waiter, or for one that will come."""
        self.journal.inbox.setdefault(key, payload)
        for waiter in self.waiters:
            if waiter.what == "event":
                self._hand_over(waiter, key)
            elif waiter.key == key:
                waiter.deliver(self.journal.inbox[key])

    def _came(self, waiter: Waiter) -> JsonValue:
        journal = self.journal
        return journal.take(waiter.key) if waiter.what == "event" else journal.inbox.get(str(waiter.key))

    def _hand_over(self, waiter: Waiter, key: str) -> None:
        if waiter.open and key.startswith(waiter.key) and key not in self.journal.taken:
            self.journal.taken.add(key)
            waiter.deliver(key)

    def abandon(self, path: str) -> None:
        """The scope at this path has failed: nothing in it waits any longer."""
        self._failed.add(path)
        for waiter in list(self.waiters):
            if inside(waiter.path, path):
                waiter.halt()
        self.places.lose(lambda place: inside(place, path))

    def abandoned(self, path: str | None) -> bool:
        """True when this scope, or one around it, has failed or is given up."""
        return bool(self._failed) and any(inside(path, scope) for scope in self._failed)

    def end(self, path: str) -> None:
        """The time of the scope at this path is over: nothing in it waits, and what works in it is stopped."""
        self.abandon(path)
        for task, place in self.trying.items():
            if inside(place, path):
                self._ended.add(task)
                task.cancel()

    @contextmanager
    def at_work(self, path: str | None) -> Generator[None]:
        """While a kind is at work in the scope at this path; without one, neither a cancel nor a failure ends it."""
        task = None if path is None else asyncio.current_task()
        if path is not None and task is not None:
            self.trying[task] = path
        try:
            yield
        finally:
            if task is not None:
                del self.trying[task]

    def was_stopped(self, task: asyncio.Task[Any]) -> bool:
        """True when this try was cancelled on purpose; a cancellation for another reason is nobody's to swallow."""
        return self.halt == "cancel" or task in self._ended

    def stop(self, why: Halt) -> None:
        """Begin no new step and wake all that wait; a cancel overrules everything else, once."""
        if self.cancelled if why == "cancel" else self.halt not in (None, "sleep"):
            return
        if why == "sleep" and any(not waiter.open for waiter in self.waiters):
            return  # what it waited for has come at this moment
        self.halt = why
        self.cancelled = self.cancelled or why == "cancel"
        self.asleep, self._due = list(self.waiters), list(self.limits.values())
        for waiter in self.asleep:
            waiter.halt()
        self.places.lose(lambda _: True)
        if why == "cancel" and self._grace is None:
            loop = asyncio.get_running_loop()
            self._grace = loop.call_later(self.world.patience.cancel_grace, self._end_running)

    def relent(self) -> None:
        """A cancel keeps nothing from being undone: from here on only a pause, a drain or sleep halts."""
        if self.halt == "cancel":
            self.halt = None

    def wake_at(self) -> datetime | None:
        """The nearest moment at which something of the sleeping run is due."""
        return min((*(w.until for w in self.asleep if w.until), *self._due), default=None)

    def close(self) -> None:
        """Drop the timers."""
        for handle in (self._idle, self._grace):
            if handle is not None:
                handle.cancel()

    def _end_running(self) -> None:
        for task in self.trying:
            task.cancel()


def inside(path: str | None, scope: str) -> bool:
    """True when the path is that of the scope, or of one inside it; every path is inside the root."""
    return path is not None and (not scope or path == scope or path.startswith(f"{scope}/"))
