"""One scope in play, as dataflow: a node starts the moment its wires are decided, whatever its neighbours do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from backend.engine import late, recall
from backend.engine.ir import Part, Scope
from backend.engine.live import LiveRun
from backend.engine.ports import NewEvent, StepId
from backend.engine.waits import Waiter

if TYPE_CHECKING:
    from backend.engine.visit import Tried, Visit


@dataclass(slots=True)
class Given:
    """What a visit gave: the port it left by, or none when it failed, with the stored form for the next one's input."""

    port: str | None
    value: JsonValue
    stored: str
    error: Mapping[str, JsonValue] | None = None


@dataclass(slots=True)
class Place:
    """Where a scope stands: its path, and the names its expressions see besides those of the run."""

    path: str = ""
    outputs: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    extra: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])


PlayStep = Callable[["Play", Part], Awaitable[Given | None]]
"""Plays one visit; None when the run stops playing here before the visit has ended."""


class Play:
    """Plays a scope once. Arrivals are counted a node; a dead wire counts too, so no join waits for ever."""

    def __init__(self, live: LiveRun, scope: Scope, place: Place, play_step: PlayStep) -> None:
        self.live, self.scope, self.place, self.play_step = live, scope, place, play_step
        self.given: dict[str, Given] = {}
        self.failure: Mapping[str, JsonValue] | None = None
        self.halted = False  # it could go on, but not in this process
        self._live_from: dict[str, list[str]] = {}
        self._open: dict[str, int] = {}  # undecided wires of the nodes that were reached
        self._started: set[str] = set()
        self._tasks: asyncio.TaskGroup = asyncio.TaskGroup()
        self._skipped: list[str] = []
        self._recorded: dict[str, frozenset[str]] = {}  # whom a join went on with in the run that is replayed
        self.clocks = late.Clocks()
        self.visits: dict[str, int] = {}  # of a state machine's states: which visit it is

    async def play(self) -> None:
        """Play until nothing can move any more: done, failed, or halted."""
        self.live.busy(+1)
        try:
            self._recorded = await recall.joined(self.live, self.scope, self.place.path)
            ready = list(self.scope.entries)
            self._kill(list(self.scope.orphans), ready)
        except BaseException:
            self.live.busy(-1)
            raise
        async with self._tasks:
            for node_id in ready:
                self._spawn(self.scope.parts[node_id])
            self.live.busy(-1)

    def result(self) -> JsonValue:
        """The outputs of the ends, or of the last nodes that played; a single one stands for itself."""
        wanted = [i for i in self.scope.ends if i in self.given] or list(self._sinks())
        if len(wanted) == 1:
            return self.given[wanted[0]].value
        return {i: self.given[i].value for i in wanted} if wanted else None

    def step_id(self, part: Part) -> StepId:
        """The visit of a node in this scope."""
        return StepId(part.node.id, self.place.path, self.visits.get(part.node.id, 1))

    def inputs(self, part: Part) -> dict[str, Given]:
        """What arrived, by the node it came from, in the order of the wires."""
        arrived = self._live_from.get(part.node.id, ())
        recorded = self._recorded.get(part.node.id)
        if recorded is not None and recorded.issubset(arrived):
            return {source: self.given[source] for source in part.sources if source in recorded}
        return {source: self.given[source] for source in part.sources if source in arrived}

    async def try_again(self, visit: "Visit", tried: "Tried") -> bool:
        """True when a visit that has failed, tries and all, is to be played again; only compensations may be."""
        return False

    @property
    def stopped(self) -> bool:
        """No new step may begin."""
        return self.failure is not None or self.live.halt is not None or self.live.abandoned(self.place.path)

    def _sinks(self) -> list[str]:
        """The last nodes: those without wires, or, where none of them was reached, those that left by an open port."""
        parts = self.scope.parts
        last = [i for i in self.given if not parts[i].targets]
        return last or [i for i, given in self.given.items() if not parts[i].targets.get(given.port or "")]

    def _spawn(self, part: Part) -> None:
        self._started.add(part.node.id)
        self.live.busy(+1)
        self._tasks.create_task(self._walk(part)).add_done_callback(self._walked)

    def _walked(self, task: asyncio.Task[None]) -> None:
        self.live.busy(-1)

    async def _walk(self, part: Part) -> None:
        """Play a node, then go on with the first that it makes ready; the others get walkers of their own."""
        following: Part | None = part
        while following is not None:
            given = None if self.stopped else await self.play_step(self, following)
            if given is None:
                self.halted = self.halted or self.failure is None
                return
            following = self._after(following, given)

    def _after(self, part: Part, given: Given) -> Part | None:
        node_id = part.node.id
        if given.port is None:
            self.failure = given.error or {}
            self.live.abandon(self.place.path)
            return None
        self.given[node_id] = given
        self.place.outputs[node_id] = given.value
        ready: list[str] = []
        for port, targets in part.targets.items():
            for target in targets:
                self._arrive(target, node_id if port == given.port else None, ready)
        dead, self._skipped = self._skipped, []
        self._kill(dead, ready)
        for other in ready[1:]:
            self._spawn(self.scope.parts[other])
        if not ready:
            return None
        self._started.add(ready[0])
        return self.scope.parts[ready[0]]

    def _arrive(self, target: str, source: str | None, ready: list[str]) -> None:
        """A wire is decided: live from `source`, or dead. Appends the target once it may start; collects the dead."""
        part = self.scope.parts[target]
        left = self._open[target] = self._open.get(target, len(part.sources)) - 1
        came = self._live_from.setdefault(target, [])
        if target in self._started:
            return  # a join that did not wait for this one
        if source is not None:
            came.append(source)
        if self._goes_on(part, came) or (left == 0 and came):
            self._started.add(target)
            self.clocks.over(target)
            ready.append(target)
        elif part.patience and len(came) == 1 and source is not None and target not in self._recorded:
            self.live.busy(+1)
            waiter = self.clocks.watch(self, part)
            self._tasks.create_task(self._watch(part, waiter)).add_done_callback(self._walked)
        elif left == 0:
            self._skipped.append(target)

    async def _watch(self, part: Part, waiter: Waiter) -> None:
        """Let a join go on, or fail, when its time is over."""
        if await self.clocks.ring(self, part, waiter):
            self._started.add(part.node.id)
            await self._walk(part)

    def _goes_on(self, part: Part, came: list[str]) -> bool:
        """Whether a join need not wait for the rest; one that takes recorded answers goes on with whom it did then."""
        recorded = self._recorded.get(part.node.id)
        return len(came) >= part.need > 0 if recorded is None else recorded.issubset(came)

    def _kill(self, dead: list[str], ready: list[str]) -> None:
        """Skip nodes that nothing reaches, and all that only they would have reached."""
        skipped: list[NewEvent] = []
        while dead:
            part = self.scope.parts[dead.pop()]
            step = self.step_id(part)
            if step not in self.live.journal.skipped:
                skipped.append(NewEvent("step.skipped", step))
            for targets in part.targets.values():
                for target in targets:
                    self._arrive(target, None, ready)
            dead, self._skipped = [*dead, *self._skipped], []
        if skipped:
            self.live.note(*skipped)
