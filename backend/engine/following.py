"""Keeps a replay on the way of the run that it replays where something was cut short there.

Recorded answers come at once: no clock can tell what was too slow then, and what was still to come when a neighbour failed
would now come first. So a step that did not end by itself then waits until all has ended that ended then, and is ended by
what ended it then: the time limit of a container around it, or the failure of a scope or of another item.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.engine import failures, then
from backend.engine.limits import Limit, around
from backend.engine.ports import StepId
from backend.engine.visit import Tried, Visit
from backend.engine.waits import Halted, Waiter

if TYPE_CHECKING:
    from backend.engine.live import LiveRun


@dataclass(frozen=True)
class _End:
    """What ended a step: the failure of the scope at a path, or that of a try of a container, perhaps by its time limit."""

    scope: str = ""
    container: StepId | None = None
    attempt: int = 1
    limit: Limit | None = None


async def joined(visit: Visit) -> None:
    """Look how the step ended then. One that did not waits for what kept it from that; Halted where it is not to be played."""
    live = visit.play.live
    acting = live.run.acting
    if acting is None or not acting.compare or live.diverged or not visit.is_recorded:
        return
    visit.then = await then.of(live, visit.step)
    if visit.then.ended or visit.step.undoes:
        return
    if visit.part.body is None or not await then.was_started(live, visit.step):
        await _cut(visit)


async def tried(visit: Visit, came: Tried) -> Tried:
    """What one try comes to: it is late also where its time was over then at the last moment, with all answers there."""
    if visit.then is None or came.error is not None:
        return came
    error = await then.late(visit.play.live, visit.step, visit.attempt, visit.then)
    return came if error is None else Tried(error=error)


async def left(visit: Visit, came: Tried) -> Tried:
    """What all tries come to, once the step is cut if it was cut then."""
    known = visit.then
    if known is None or visit.step.undoes or not known.was_cut:
        return came
    try:
        await _cut(visit)
    except Halted:
        if visit.play.live.halt is not None or not known.ended:
            raise
        return cut_again(visit)
    return came


def cut_again(visit: Visit) -> Tried:
    """The end of a step that something else ends."""
    told = visit.then.error if visit.then is not None else None
    return Tried(error=told or failures.given_up(visit.name), hopeless=True, stopped=True)


async def _cut(visit: Visit) -> None:
    """Wait for what ended the step, then raise Halted; return where nothing is known of it."""
    live = visit.play.live
    end = await _end(visit)
    if end is None or live.diverged:
        return
    if end.container is None:
        await live.wait(Waiter("turn", end.scope))
        return
    missing = await then.ended_within(live, end.container, end.attempt)
    if not await live.turns.wait(live, missing):
        return
    if end.limit is not None:
        end.limit.ring()
    raise Halted


async def _end(visit: Visit) -> _End | None:
    """Look from the step's own scope outwards."""
    live = visit.play.live
    limits = {body: limit for limit in around(live, visit.step.path) for body in limit.bodies}
    for path in _scopes(visit.step.path):
        limit = limits.get(path)
        if limit is not None and await _rang(limit):
            return _End(path, limit.visit.step, limit.visit.attempt, limit)
        if await then.has_failed(live, path):
            return _End(path)
        if path and (container := _container(path)) and await _passed_over(live, path, container):
            return _End(path, container, then.attempt_of(path.rpartition("/")[2].partition(":")[2]))
    return None


async def _rang(limit: Limit) -> bool:
    visit = limit.visit
    known = visit.then
    if known is None:
        return False
    late = await then.late(visit.play.live, visit.step, visit.attempt, known)
    return late is not None or known.was_undone_late


async def _passed_over(live: "LiveRun", path: str, container: StepId) -> bool:
    """Whether the container failed without having begun this body of it."""
    known = await then.of(live, container)
    return bool(known.error) and not known.was_cut and not await then.was_entered(live, path)


def _container(path: str) -> StepId:
    outer, _, last = path.rpartition("/")
    return StepId(last.partition(":")[0], outer)


def _scopes(path: str) -> Iterator[str]:
    """The scope at this path and those around it, the innermost first."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""
