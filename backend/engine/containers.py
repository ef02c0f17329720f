"""Map and loop: a step whose work is a scope played once an item, or once a turn."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import orjson
from pydantic import JsonValue

from backend.core import clock
from backend.core.errors import Invalid
from backend.core.settings import settings
from backend.engine import failures, journal, rollback, values
from backend.engine.best import Best
from backend.engine.context import EngineContext
from backend.engine.ir import Scope
from backend.engine.limits import Limit
from backend.engine.ports import NewEvent
from backend.engine.records import Fenced, StoreLost
from backend.engine.scope import Place, Play
from backend.engine.values import Kept
from backend.engine.visit import Tried, Visit, checked
from backend.engine.waits import Halted
from backend.nodes.kind import NodeContext, Step

Names = Mapping[str, JsonValue]


MAX_ITEMS = 100_000


Plays = Callable[[Visit], Awaitable[Tried]]


async def play(visit: Visit, plays: Plays) -> Tried:
    """Play the container; what goes wrong in it, or in its settings, is the container's error."""
    try:
        return await plays(visit)
    except (Fenced, StoreLost, BaseExceptionGroup):
        raise
    except Exception as error:  # noqa: BLE001 - the container's own edge: whatever its kind raises is recorded
        return Tried(error=failures.describe(error, visit.name), hopeless=True)


async def _map(visit: Visit) -> Tried:
    """The body once an item, so many at a time; results in the order of the items."""
    items = await _items(visit)
    with limited(visit) as limit:
        return await _each(visit, items, limit)


async def _each(visit: Visit, items: list[JsonValue], limit: Limit) -> Tried:
    live, config = visit.play.live, cast(Any, visit.part.config)
    bodies: dict[int, Play] = {}
    indexes = iter(range(len(items)))

    async def work() -> None:
        for index in indexes:
            if visit.play.stopped or limit.over or _stops(config, bodies):
                return
            body = bodies[index] = body_of(visit, index, {"item": items[index]})
            limit.holds(body.place.path)
            await rollback.played(body)

    live.busy(-1)
    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(min(config.concurrency, len(items))):
                workers.create_task(work())
    finally:
        live.busy(+1)
    if limit.over:
        return await too_long(visit)
    if _stops(config, bodies):
        index = min(i for i, body in bodies.items() if body.failure is not None)
        return failed(visit, bodies[index].failure, f"item {index}")
    if len(bodies) < len(items) or any(body.halted for body in bodies.values()):
        raise Halted
    return checked(visit, Step(_results(config, [bodies[i] for i in range(len(items))])))


def _stops(config: Any, bodies: Mapping[int, Play]) -> bool:
    return config.on_item_error == "stop" and any(body.failure is not None for body in bodies.values())


def _results(config: Any, bodies: list[Play]) -> JsonValue:
    if config.on_item_error == "collect":
        return [
            {"ok": True, "value": body.result()}
            if body.failure is None
            else {"ok": False, "error": dict(body.failure)}
            for body in bodies
        ]
    return [body.result() for body in bodies if body.failure is None]


async def _items(visit: Visit) -> list[JsonValue]:
    """The items as they were when the map began: the kind is not asked again after a crash, nor by another try."""
    live, begun = visit.play.live, visit.play.live.journal.begin(visit.step)
    if begun.has_items:
        announce(visit, {})
        database, team_id = live.world.writer.database, live.run.team_id
        return cast(list[JsonValue], await journal.restored(database, team_id, begun.items))
    found = await asked(visit, {})
    if not isinstance(found, list):
        raise Invalid(f"{visit.name} gave {type(found).__name__} to play over, not a list.")
    if len(found) > MAX_ITEMS:
        raise Invalid(f"{visit.name} got {len(found):,} items; the limit is {MAX_ITEMS:,}.")
    kept = values.keep(found, f"{visit.name}.items", settings().max_output_bytes)
    begun.items, begun.has_items = orjson.loads(kept.stored), True
    announce(visit, {"items": begun.items, "count": len(found)}, kept)
    return cast(list[JsonValue], kept.value)


async def _loop(visit: Visit) -> Tried:
    """The body again and again, until the expression is true, the bound is met, or it gets no better."""
    announce(visit, {})
    with limited(visit) as limit:
        return await _turns(visit, limit)


async def _turns(visit: Visit, limit: Limit) -> Tried:
    config, previous = cast(Any, visit.part.config), cast(JsonValue, None)
    best = Best(getattr(config, "patience", None))
    for index in range(config.max_iterations):
        body = await _turn(visit, index, previous, limit)
        if limit.over:
            return await too_long(visit)
        if body.failure is not None:
            return failed(visit, body.failure, f"turn {index}")
        previous = body.result()
        answer = await asked(visit, {"index": index, "previous": previous})
        best.take(answer, previous)
        if _done(answer) or best.is_over:
            return checked(visit, Step(best.value, visit.part.pass_port))
    port = "exhausted" if "exhausted" in visit.part.ports else visit.part.pass_port
    return checked(visit, Step(best.value, port))


async def _turn(visit: Visit, index: int, previous: JsonValue, limit: Limit) -> Play:
    """Play the body once more; not after the limit, and raising Halted when the run stops playing here."""
    body = body_of(visit, index, {"previous": previous})
    limit.holds(body.place.path)
    if limit.over:
        return body
    await beside(visit, body)
    if body.halted and body.failure is None and not limit.over:
        raise Halted
    return body


async def beside(visit: Visit, body: Play) -> None:
    """Play a body while the container itself does nothing."""
    visit.play.live.busy(-1)
    try:
        await rollback.played(body)
    finally:
        visit.play.live.busy(+1)


def body_of(visit: Visit, index: int, extra: Names, scope: Scope | None = None) -> Play:
    """The n-th playing of the body; it sees what was there when it began. Another try plays it in places of its own."""
    around = visit.play.place
    number = f"{index}:{visit.attempt}" if visit.attempt > 1 else index
    path = f"{around.path}/" * bool(around.path) + f"{visit.part.node.id}:{number}"
    place = Place(path, dict(around.outputs), {**around.extra, "index": index, **extra})
    return Play(visit.play.live, scope or cast(Scope, visit.part.body), place, visit.play.play_step)


async def asked(visit: Visit, extra: Names) -> JsonValue:
    """What the kind itself says: a map gives its items, a loop whether it is done, a state its transition."""
    live, scope = visit.play.live, visit.scope()
    scope = replace(scope, names={**scope.names, **extra})
    async with asyncio.timeout(None) as limit:
        inner = live.world.contexts(live.run, visit.part.node, visit.step, visit.attempt, scope)
        ctx = EngineContext(inner, live, visit.step, limit)
        try:
            return (await visit.part.kind.play(visit.part.config, cast(NodeContext, ctx))).output
        finally:
            visit.hear(ctx.recorder)


def _done(answer: JsonValue) -> bool:
    return isinstance(answer, dict) and answer.get("done") is True


def failed(visit: Visit, failure: Names | None, where: str) -> Tried:
    """The container's error: that of the body, with its place said."""
    inner = dict(failure or {})
    message = f"{visit.name}, {where}: {inner.get('message', '')}"
    live = visit.play.live
    stopped = live.halt == "cancel" or live.abandoned(visit.step.path)
    return Tried(error={**inner, "message": message}, hopeless=stopped, stopped=stopped)


def limited(visit: Visit) -> Limit:
    """The time that this try of the container may take, once it has been announced."""
    return Limit(visit, visit.play.live.journal.begin(visit.step).until)


async def too_long(visit: Visit) -> Tried:
    """The error of a container whose time is over, once the sagas that are open in it are undone."""
    if not await rollback.left_in(visit):
        raise Halted
    return Tried(error=failures.timed_out(visit.name, visit.part.node.timeout_seconds or 0))


def announce(visit: Visit, data: Mapping[str, Any], *kept: Kept) -> None:
    """The event that tells of a try's beginning, once: after a crash the try goes on, under the same limit."""
    live, seconds = visit.play.live, visit.part.node.timeout_seconds
    begun = live.journal.begin(visit.step)
    if begun.announced >= visit.attempt:
        return
    begun.announced = visit.attempt
    begun.until = clock.now() + timedelta(seconds=seconds) if seconds else None
    until = {"until": begun.until.isoformat()} if begun.until else {}
    live.note(NewEvent("step.started", visit.step, visit.attempt, {**data, **until}), kept=kept)


PLAYS = {"map": _map, "loop": _loop}
