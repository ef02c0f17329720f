"""State machines: states played one after the other; a transition is chosen by the state, durably, before it is left."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from pydantic import JsonValue

from backend.core import clock
from backend.core.errors import Invalid
from backend.engine import arrivals, containers, signals
from backend.engine.effects import NotRecorded
from backend.engine.ir import Part, Scope
from backend.engine.limits import Limit
from backend.engine.ports import NewEvent
from backend.engine.records import WaitRow
from backend.engine.scope import Given, Play
from backend.engine.visit import Tried, Visit, checked
from backend.engine.waits import Halted, Waiter
from backend.nodes.kind import Step

Names = Mapping[str, JsonValue]


class Stuck(Invalid):
    """A state has no way out, or the machine no end."""

    code: ClassVar[str] = "machine_stuck"


async def machine(visit: Visit) -> Tried:
    """Enter states until a final one has been played."""
    return await _limited(visit, _states)


async def state(visit: Visit) -> Tried:
    """Play what is inside, choose a transition, play what stands behind the exit."""
    return await _limited(visit, _entered)


async def _limited(visit: Visit, plays: Callable[[Visit, Limit], Awaitable[Tried]]) -> Tried:
    containers.announce(visit, {})
    with containers.limited(visit) as limit:
        try:
            tried = await plays(visit, limit)
        except Halted:
            if not limit.over:
                raise
            return await containers.too_long(visit)
    return await containers.too_long(visit) if limit.over and tried.error else tried


async def _states(visit: Visit, limit: Limit) -> Tried:
    states, bound = cast(Scope, visit.part.body), cast(Any, visit.part.config).max_transitions
    play = containers.body_of(visit, 0, {"previous": None, "event": None})
    limit.holds(play.place.path)
    around, part = play.place.extra, states.parts[states.entries[0]]
    for number in range(bound + 1):
        visits = play.visits[part.node.id] = play.visits.get(part.node.id, 0) + 1
        given = None if play.stopped else await play.play_step(play, part)
        if given is None:
            raise Halted
        if given.port is None:
            return containers.failed(visit, given.error, f"state {_named(part)}, visit {visits}")
        play.place.outputs[part.node.id] = given.value
        if cast(Any, part.config).final:
            result = {"state": part.node.id, "output": given.value, "transitions": number}
            return checked(visit, Step(cast(JsonValue, result)))
        came = _event_of(play, part)
        play.place.extra = {**around, "index": number + 1, "previous": given.value, "event": came}
        part = _target(states, part, given)
    told = f"{visit.name} has made {bound} transitions without coming to a final state."
    raise Stuck(told, fix="Let a transition lead to a final state, or allow more transitions.")


async def _entered(visit: Visit, limit: Limit) -> Tried:
    entered = containers.body_of(visit, visit.step.visit - 1, {})
    limit.holds(entered.place.path)
    if (wrong := await _played(visit, entered, "on entry")) is not None:
        return wrong
    result = entered.result()
    if cast(Any, visit.part.config).final:
        return checked(visit, Step(result))
    known = visit.play.live.journal.left.get(visit.step)
    chosen = known or await _Leaving(visit, entered.place.path, result).chosen()
    if visit.part.leaving is not None:
        extra = {
            "previous": result,
            "event": _event_of(visit.play, visit.part),
            "transition": chosen["transition"],
        }
        left = containers.body_of(visit, visit.step.visit - 1, extra, visit.part.leaving)
        if (wrong := await _played(visit, left, "on exit")) is not None:
            return wrong
    return checked(visit, Step(result, chosen["transition"]))


PLAYS = {"machine": machine, "state": state}


async def _played(visit: Visit, body: Play, when: str) -> Tried | None:
    """What went wrong in the body, None when it was played to its end."""
    await containers.beside(visit, body)
    if body.failure is not None:
        return containers.failed(visit, body.failure, when)
    if body.halted:
        raise Halted
    return None


def _target(states: Scope, part: Part, given: Given) -> Part:
    targets = part.targets.get(given.port or "", ())
    if not targets:
        told = f"{_named(part)} was left by {given.port!r}, which leads nowhere."
        raise Stuck(told, fix="Wire the port to a state.")
    return states.parts[targets[0]]


def _event_of(play: Play, part: Part) -> JsonValue:
    """The event by which this visit of the state was left, None where it needed none."""
    known = play.live.journal
    signal = known.left.get(play.step_id(part), {}).get("signal")
    return known.inbox.get(signal) if signal else None


def _named(part: Part) -> str:
    return part.node.name or part.node.id


@dataclass
class _Leaving:
    """Chooses the transition by which a state is left."""

    visit: Visit
    path: str
    result: JsonValue
    waits: list[WaitRow] = field(default_factory=list[WaitRow])
    due: dict[str, datetime] = field(default_factory=dict[str, datetime])  # timed transitions, and when

    async def chosen(self) -> Mapping[str, Any]:
        """The transition, as its event tells of it; waits as long as none fits."""
        found = await self._fitting(None)
        if found is not None:
            return await self._take(found)
        await self._listen()
        while True:
            taken = await self._looked()
            if taken is not None:
                return taken

    async def _listen(self) -> None:
        """Tell, once, that the state waits, and for what; events of the team find it by its rows."""
        visit, live = self.visit, self.visit.play.live
        if visit.is_recorded:
            told = f"{visit.name} would wait; in the run that is replayed it was not left from here."
            raise NotRecorded(told, fix="Choose live for this state.")
        said = await containers.asked(visit, self._names("listen"))
        events = cast(list[Any], said["events"] if isinstance(said, dict) else [])
        self.waits = [WaitRow(visit.step, n, one["name"], one["key"]) for n, one in enumerate(events)]
        if self.waits:
            await live.hand_in(begins=self.waits)
            await live.hand_in(looks=self.waits)
            await arrivals.look(live)
        listed = cast(Any, visit.part.config).transitions
        times = {one.name: timedelta(seconds=one.after) for one in listed if one.after}
        nearest, begun = min(times.values(), default=timedelta()), live.journal.begin(visit.step)
        first = begun.waits.setdefault(0, clock.now() + nearest if times else None)
        self.due = {name: (first or clock.now()) - nearest + after for name, after in times.items()}
        if (self.waits or times) and not begun.listens:
            begun.listens = True
            data = {
                "wait": 0,
                "for": "event",
                "events": events,
                "until": first.isoformat() if first else None,
            }
            await live.note(NewEvent("step.waiting", visit.step, visit.attempt, data))

    async def _looked(self) -> Mapping[str, Any] | None:
        """One look: at the earliest signal, else at the nearest time; else wait for either."""
        live = self.visit.play.live
        wanted = tuple(signals.prefix(one.name, one.key) for one in self.waits)
        name = min(self.due, key=lambda one: self.due[one], default="")
        until = self.due.get(name)
        is_over = until is not None and until <= clock.now()
        if wanted and is_over:  # what was sent in time comes before the time, however late its hint is
            await arrivals.look(live)
        if wanted and (signal := live.journal.take(wanted)) is not None:
            return await self._signalled(signal)
        if not name and not wanted:
            raise self._stuck()
        if not is_over:
            came = await live.wait(Waiter("event", self.path, key=wanted, until=until))
            return await self._signalled(came) if isinstance(came, str) else None
        del self.due[name]
        found = await self._fitting({"after": name})
        return None if found is None else await self._take(found)

    async def _signalled(self, signal: str) -> Mapping[str, Any] | None:
        name, key = signals.named(signal)
        event = self.visit.play.live.journal.inbox[signal]
        found = await self._fitting({"event": name, "key": key}, event)
        if found is not None:
            return await self._take(found, signal)
        await self._note("state.ignored", {"event": name, "key": key, "signal": signal})
        return None

    async def _fitting(self, trigger: JsonValue, event: JsonValue = None) -> str | None:
        """The first transition that the trigger opens and whose guard holds."""
        said = await containers.asked(self.visit, self._names(trigger, event))
        return cast(str | None, said.get("transition")) if isinstance(said, dict) else None

    def _names(self, trigger: JsonValue, event: JsonValue = None) -> Names:
        names = {"previous": self.result, "index": self.visit.step.visit - 1, "trigger": trigger}
        return names if event is None else names | {"event": event}

    async def _take(self, transition: str, signal: str | None = None) -> Mapping[str, Any]:
        targets = self.visit.part.targets.get(transition, ("",))
        number = cast(int, self.visit.play.place.extra["index"]) + 1
        told: dict[str, Any] = {"transition": transition, "to": targets[0], "number": number}
        if signal is not None:
            told |= {"event": signals.named(signal)[0], "signal": signal}
        return await self._note("state.transition", told, ends=self.waits)

    async def _note(self, kind: Any, data: dict[str, Any], **parts: list[Any]) -> Mapping[str, Any]:
        visit = self.visit
        await visit.play.live.hand_in(NewEvent(kind, visit.step, visit.attempt, data), **parts)
        visit.play.live.journal.note_state(visit.step, kind, data)
        return data

    def _stuck(self) -> Stuck:
        told = (
            f"{self.visit.name} cannot be left: no guard of its transitions holds, and it waits for nothing."
        )
        return Stuck(told, fix="Add a transition without a guard at the bottom.")
