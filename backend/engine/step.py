"""The wrapper of every visit: try, try again, check, record. It never raises what a node did wrong."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import cast

from backend.core import clock, failpoints
from backend.core.errors import QuadrilleError
from backend.core.settings import settings
from backend.engine import (
    breakpoints,
    cache,
    calls,
    children,
    containers,
    failures,
    following,
    journal,
    lasting,
    limits,
    machine,
    outages,
    recording,
    saga,
    slots,
    values,
)
from backend.engine.context import EngineContext
from backend.engine.effects import CutShort
from backend.engine.ir import Part
from backend.engine.ports import NewEvent
from backend.engine.records import Fenced, StoreLost
from backend.engine.scope import Given, Play
from backend.engine.visit import Tried, Visit, checked
from backend.engine.waits import Halted, Waiter
from backend.nodes.kind import NodeContext
from backend.workflows.diagram import ERROR_PORT

_LONGEST_PAUSE = 3600.0
_CONTAINERS = containers.PLAYS | machine.PLAYS | saga.PLAYS


async def play_step(play: Play, part: Part) -> Given | None:
    """Play one visit and record it; None when the run stops playing here before the visit has ended."""
    live, step = play.live, play.step_id(part)
    known = live.journal.finished.get(step)
    if known is not None:
        return await _known(play, known)
    if breakpoints.reached(live, step, "before"):
        return None
    if not part.kind.pure:
        await live.settled()
    visit = Visit(play, part, step, play.inputs(part), clock.now())
    try:
        await following.joined(visit)
        tried = await _tried(visit)
        while tried.error is not None and await play.try_again(visit, tried):
            tried = await _tried(visit)
        given = await _conclude(visit, await following.left(visit, tried))
    except Halted:
        return None
    if live.run.acting is not None:
        live.turns.end(step)
    failpoints.passed("step.recorded")
    breakpoints.reached(live, step, "after")
    return given


async def _tried(visit: Visit) -> Tried:
    """What the visit comes to: given without playing, impossible, or played."""
    part, came = visit.part, len(visit.inputs)
    given = _given_output(visit)
    if given is not None:
        return given
    if part.node.id in visit.play.clocks.rung:
        if getattr(part.config, "after_that", "") == "fail":
            return Tried(error=failures.join_late(visit.name, came, part.patience or 0), hopeless=True)
    elif came < part.need and not (part.patience and visit.is_recorded):
        return Tried(error=failures.join_short(visit.name, came, part.need))
    return await cache.found(visit) or await _tries(visit)


async def _known(play: Play, known: journal.Finished) -> Given:
    """A step of an earlier stretch: its result stands, it does not run again."""
    live = play.live
    database, team_id = live.world.writer.database, live.run.team_id
    value = await journal.restored(database, team_id, known.output, live.journal.read)
    return Given(known.port, value, values.dumps(known.output), known.error)


def _given_output(visit: Visit) -> Tried | None:
    """What a node gives that is not played: a disabled one passes on what came, a mocked or pinned one gives that."""
    node, part, run, limit = visit.part.node, visit.part, visit.play.live.run, settings().max_output_bytes
    if node.disabled:
        came = [given.value for given in visit.inputs.values()]
        passed = came[0] if len(came) == 1 else {s: g.value for s, g in visit.inputs.items()} or None
        return Tried(values.keep(passed, visit.name, limit), part.pass_port, given="disabled")
    mode = run.acting.mode(node.id, visit.step.path) if run.acting else None
    if mode is not None and mode.mode == "mocked":
        kept = values.keep(mode.output, f"{visit.name}.mocked", limit)
        return Tried(kept, mode.port or part.pass_port, given="mocked")
    return _stood_in(visit) if run.use_pinned and not children.is_inside(visit.step.path) else None


def _stood_in(visit: Visit) -> Tried | None:
    """In a trial run of a draft: the pinned output, else that of the mock."""
    node, part, limit = visit.part.node, visit.part, settings().max_output_bytes
    if node.pinned is not None:
        kept = values.keep(node.pinned, f"{visit.name}.pinned", limit)
        return Tried(kept, node.pinned_port or part.pass_port, given="pinned")
    if node.mock is not None and node.mock.source == "value":
        kept = values.keep(node.mock.output, f"{visit.name}.mock", limit)
        return Tried(kept, node.mock.port or part.pass_port, given="mocked")
    return None


async def _tries(visit: Visit) -> Tried:
    """Try as often as the node allows; how often it was tried is durable before the next pause begins."""
    live, retry = visit.play.live, visit.part.node.retry
    plays = _container(visit)
    begun, before = live.journal.begun.get(visit.step), 0
    if begun is not None:
        visit.attempt = begun.attempt
        if begun.stuck is not None:
            before = begun.stuck["attempt"]
            if before >= visit.attempt:
                return Tried(error=begun.stuck["error"], hopeless=True)
        await _pause(visit, begun.due)
    while True:
        came = await (containers.play(visit, plays) if plays else _announced_try(visit, begun))
        tried = await following.tried(visit, came)
        if tried.error is None or tried.hopeless or visit.attempt - before >= retry.max_attempts:
            return tried
        pause = (
            0.0
            if visit.is_recorded
            else min(retry.backoff_seconds * retry.factor ** (visit.attempt - 1), _LONGEST_PAUSE)
        )
        # Spread, so that what failed together does not come back together; nothing secret is drawn here.
        wanted = 0.0 if visit.is_recorded else failures.wanted_pause(tried.error)
        due = clock.now() + timedelta(seconds=max(pause * random.uniform(0.5, 1.0), wanted))  # noqa: S311
        data = {"error": tried.error, "until": due.isoformat(), "of": retry.max_attempts}
        failpoints.passed("step.retry")
        await live.note(
            NewEvent("step.retrying", visit.step, visit.attempt, data), **recording.asked(visit, None)
        )
        failpoints.passed("step.retry_noted")
        visit.attempt += 1
        begun = live.journal.begin(visit.step)
        begun.attempt, begun.due = visit.attempt, due
        await _pause(visit, due)


def _container(visit: Visit) -> containers.Plays | None:
    """How the step plays a body, where it has one."""
    if visit.part.kind.role == "call":
        return calls.inside if getattr(visit.part.config, "mode", "") == "inside" else None
    return _CONTAINERS.get(visit.part.kind.role)


async def _pause(visit: Visit, due: datetime | None) -> None:
    """Wait for the next try's moment; long pauses are slept through without holding memory."""
    if due is not None and due > clock.now():
        await visit.play.live.wait(Waiter("retry", visit.step.abandoned_with, until=due))


async def _announced_try(visit: Visit, begun: journal.Begun | None) -> Tried:
    """One try, after the event that tells of its beginning; a step that goes on after a crash began before."""
    if begun is None or (begun.due is not None and begun.away_since is None):
        data = {"compensates": visit.step.undoes} if visit.step.undoes else {}
        visit.play.live.note(NewEvent("step.started", visit.step, visit.attempt, data))
    return await outages.outlasted(visit, _try)


async def _try(visit: Visit) -> Tried:
    """One try, as soon as there is a place for it; the wait for one does not count against its time limit."""
    async with slots.slot(visit) as slot:
        return await _played(visit, slot)


async def _played(visit: Visit, slot: slots.Slot) -> Tried:
    """This is the edge at which whatever a node raises becomes a recorded error."""
    live, node, visit.asked = visit.play.live, visit.part.node, None
    limit = asyncio.timeout(None if visit.is_recorded else node.timeout_seconds)
    try:
        with live.at_work(visit.step.abandoned_with):
            async with limit:
                ctx = await _context(visit, limit, slot)
                failpoints.passed("step.play")
                try:
                    gave = await visit.part.kind.play(visit.part.config, cast(NodeContext, ctx))
                finally:
                    visit.hear(ctx.recorder)
                    ctx.close()
        failpoints.passed("step.played")
        return checked(visit, gave, ctx.emitted)
    except asyncio.CancelledError:
        return _cancelled(visit)
    except (Fenced, StoreLost):
        raise
    except BaseExceptionGroup as group:
        return _grouped(visit, group)
    except Exception as error:  # noqa: BLE001 - see above
        return _wrong(visit, error, is_late=limit.expired())


def _wrong(visit: Visit, error: Exception, *, is_late: bool) -> Tried:
    """The node's own error; a recorded try that was cut short is cut again, by its own limit or by that of a container."""
    node, path, is_cut = visit.part.node, visit.step.path, isinstance(error, CutShort)
    if is_cut and visit.then is not None and visit.then.was_cut and visit.attempt >= visit.then.attempt:
        return following.cut_again(visit)
    if is_cut and visit.then is None and limits.rung_around(visit.play.live, path, node.timeout_seconds):
        return Tried(error=failures.given_up(visit.name), hopeless=True, stopped=True)
    seconds = node.timeout_seconds if is_late or is_cut else None
    described = failures.describe(error, visit.name, seconds=seconds)
    hopeless, outage = seconds is None and failures.hopeless(error), failures.outage(error)
    return Tried(error=described, hopeless=hopeless, outage=outage)


async def _context(visit: Visit, limit: asyncio.Timeout, slot: slots.Slot) -> EngineContext:
    """The world of one try, which goes on after what was answered before where its kind resumes."""
    live, step = visit.play.live, visit.step
    inner = live.world.contexts(live.run, visit.part.node, step, visit.attempt, visit.scope())
    ctx = EngineContext(inner, live, step, limit, slot)
    await lasting.begin(visit, ctx.recorder)
    return ctx


def _grouped(visit: Visit, group: BaseExceptionGroup[BaseException]) -> Tried:
    """A kind that does several things at once raises groups: what counts is the first thing that went wrong in it."""
    if group.subgroup(Halted) is not None:
        raise Halted
    if not isinstance(group, Exception) or group.subgroup((Fenced, StoreLost)) is not None:
        raise group
    first = _first(group)
    described = failures.describe(first, visit.name)
    return Tried(error=described, hopeless=failures.hopeless(first), outage=failures.outage(first))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found = group.exceptions[0]
    return (
        _first(cast(BaseExceptionGroup[BaseException], found))
        if isinstance(found, BaseExceptionGroup)
        else found
    )


def _cancelled(visit: Visit) -> Tried:
    """Cancelled with the run or its container, else because the whole stretch is given up, which nobody may swallow."""
    live, task = visit.play.live, asyncio.current_task()
    if task is None or visit.step.undoes or not live.was_stopped(task):
        raise asyncio.CancelledError
    task.uncancel()
    described = failures.cancelled(visit.name) if live.halt == "cancel" else failures.given_up(visit.name)
    return Tried(error=described, hopeless=True, stopped=True)


async def _conclude(visit: Visit, tried: Tried) -> Given:
    """Turn an error into what the node's settings make of it, and record."""
    node = visit.part.node
    if tried.error is None:
        return await recording.record(visit, tried, "succeeded")
    routed = node.on_error == "route" and ERROR_PORT in visit.part.targets
    if node.on_error == "default" and not tried.stopped:
        try:
            kept = values.keep(
                node.default_output, f"{visit.name}.default_output", settings().max_output_bytes
            )
        except QuadrilleError as error:
            tried.error = failures.describe(error, visit.name)
        else:
            return await recording.record(visit, Tried(kept, visit.part.pass_port, tried.error), "succeeded")
    if routed and not tried.stopped:
        kept = values.keep(tried.error, "error", settings().max_output_bytes)
        return await recording.record(visit, Tried(kept, ERROR_PORT, tried.error), "failed")
    return await recording.record(visit, tried, "failed")
