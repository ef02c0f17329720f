"""Sagas: a body whose finished steps are undone, the last first, when it fails or the run is cancelled."""

from typing import Any, cast

from backend.engine import containers, failures, rollback, saga_plan
from backend.engine.ir import Scope
from backend.engine.scope import Place, Play
from backend.engine.visit import Tried, Visit, checked
from backend.engine.waits import Halted
from backend.nodes.kind import Step


async def play(visit: Visit) -> Tried:
    """Play the body; where it fails, undo it."""
    live, step = visit.play.live, visit.step
    cause = live.journal.begin(step).rolling
    if cause is None:
        body, too_long = await _forward(visit)
        if body.failure is None and not body.halted:
            live.journal.rolled[step] = {}
            return checked(visit, Step(body.result(), visit.part.pass_port))
        if live.cancelled or (body.failure is None and not too_long):
            raise Halted  # what a cancel or a failure around it leaves open is undone by `settled`
        seconds = visit.part.node.timeout_seconds or 0
        cause = failures.timed_out(visit.name, seconds) if too_long else dict(body.failure or {})
    rolled = await rollback.roll_back(live, step, cause, visit.play.play_step)
    if rolled is None:
        raise Halted
    return _outcome(visit, cause, rolled)


async def _forward(visit: Visit) -> tuple[Play, bool]:
    """Play the body, and whether its time was over before."""
    live, body = visit.play.live, _body(visit)
    containers.announce(visit, {})
    with containers.limited(visit) as limit:
        limit.holds(body.place.path)
        body.halted = limit.over
        live.busy(-1)
        try:
            if not limit.over:
                await body.play()
        finally:
            live.busy(+1)
    return body, limit.over


def _outcome(visit: Visit, cause: dict[str, Any], rolled: dict[str, Any]) -> Tried:
    """By its own port where all was undone and that port leads somewhere; else an error that says which it was."""
    visit.play.live.journal.rolled[visit.step] = {}
    if rollback.COMPENSATED in visit.part.targets and not rolled["failed"]:
        return checked(visit, Step({"error": cause, **rolled}, rollback.COMPENSATED))
    message = f"{visit.name} failed ({cause.get('message', '')})"
    if rolled["failed"]:
        code, message = (
            "compensation_failed",
            f"{message}, and not undone are: {', '.join(rolled['failed'])}.",
        )
    else:
        code, message = rollback.COMPENSATED, f"{message}, and what it had done was undone."
    return Tried(error={"code": code, "message": message, "cause": cause, **rolled}, hopeless=True)


def _body(visit: Visit) -> Play:
    """The body sees what was there when the saga began."""
    around = visit.play.place
    place = Place(saga_plan.body(visit.step), dict(around.outputs), around.extra)
    return Play(visit.play.live, cast(Scope, visit.part.body), place, visit.play.play_step)


PLAYS = {"saga": play}
