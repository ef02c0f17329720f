"""Map and loop: a step whose work is a scope played once an item, or once a turn."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import orjson
from pydantic import JsonValue

from backend.core.errors import Invalid
from backend.core.settings import settings
from backend.engine import failures, journal, values
from backend.engine.context import EngineContext
from backend.engine.ir import Scope
from backend.engine.ports import NewEvent
from backend.engine.records import Fenced, StoreLost
from backend.engine.scope import Place, Play
from backend.engine.visit import Tried, Visit, checked
from backend.engine.waits import Halted
from backend.nodes.kind import NodeContext, Step

Names = Mapping[str, JsonValue]


MAX_ITEMS = 100_000


async def play(visit: Visit) -> Tried:
    """Play the container's body; what goes wrong in it, or in its settings, is the container's error."""
    try:
        return await (_map(visit) if visit.part.kind.role == "map" else _loop(visit))
    except (Fenced, StoreLost, BaseExceptionGroup):
        raise
    except Exception as error:  # noqa: BLE001 - the container's own edge: whatever its kind raises is recorded
        return Tried(error=failures.describe(error, visit.name), hopeless=True)


async def _map(visit: Visit) -> Tried:
    """The body once an item, so many at a time; results in the order of the items."""
    live, config = visit.play.live, cast(Any, visit.part.config)
    items = await _items(visit)
    bodies: dict[int, Play] = {}
    indexes = iter(range(len(items)))

    async def work() -> None:
        for index in indexes:
            if live.halt is not None or _stops(config, bodies):
                return
            body = bodies[index] = _body(visit, index, {"item": items[index]})
            await body.play()

    live.busy(-1)
    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(min(config.concurrency, len(items))):
                workers.create_task(work())
    finally:
        live.busy(+1)
    if _stops(config, bodies):
        index = min(i for i, body in bodies.items() if body.failure is not None)
        return _failed(visit, bodies[index], f"item {index}")
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
    """The items as they were when the map began: the kind is not asked again after a crash."""
    live, begun = visit.play.live, visit.play.live.journal.begun.get(visit.step)
    if begun is not None and begun.has_items:
        database, team_id = live.world.writer.database, live.run.team_id
        return cast(list[JsonValue], await journal.restored(database, team_id, begun.items))
    found = await _asked(visit, {})
    if not isinstance(found, list):
        raise Invalid(f"{visit.name} gave {type(found).__name__} to play over, not a list.")
    if len(found) > MAX_ITEMS:
        raise Invalid(f"{visit.name} got {len(found):,} items; the limit is {MAX_ITEMS:,}.")
    kept = values.keep(found, f"{visit.name}.items", settings().max_output_bytes)
    data = {"items": orjson.loads(kept.stored), "count": len(found)}
    live.note(NewEvent("step.started", visit.step, data=data), kept=[kept])
    return cast(list[JsonValue], kept.value)


async def _loop(visit: Visit) -> Tried:
    """The body again and again, until the expression is true or the bound is met."""
    live, config = visit.play.live, cast(Any, visit.part.config)
    if visit.step not in live.journal.begun:
        live.note(NewEvent("step.started", visit.step))
    previous: JsonValue = None
    for index in range(config.max_iterations):
        body = _body(visit, index, {"previous": previous})
        live.busy(-1)
        try:
            await body.play()
        finally:
            live.busy(+1)
        if body.failure is not None:
            return _failed(visit, body, f"turn {index}")
        if body.halted:
            raise Halted
        previous = body.result()
        if _done(await _asked(visit, {"index": index, "previous": previous})):
            return checked(visit, Step(previous, visit.part.pass_port))
    port = "exhausted" if "exhausted" in visit.part.ports else visit.part.pass_port
    return checked(visit, Step(previous, port))


def _body(visit: Visit, index: int, extra: Names) -> Play:
    """The n-th playing of the body; it sees what was there when it began."""
    around = visit.play.place
    path = f"{around.path}/" * bool(around.path) + f"{visit.part.node.id}:{index}"
    place = Place(path, dict(around.outputs), {**around.extra, "index": index, **extra})
    return Play(visit.play.live, cast(Scope, visit.part.body), place, visit.play.play_step)


async def _asked(visit: Visit, extra: Names) -> JsonValue:
    """What the kind itself says: a map gives its items, a loop after each turn whether it is done."""
    live, scope = visit.play.live, visit.scope()
    scope = replace(scope, names={**scope.names, **extra})
    async with asyncio.timeout(None) as limit:
        inner = live.world.contexts(live.run, visit.part.node, visit.step, visit.attempt, scope)
        ctx = EngineContext(inner, live, visit.step, limit)
        return (await visit.part.kind.play(visit.part.config, cast(NodeContext, ctx))).output


def _done(answer: JsonValue) -> bool:
    return isinstance(answer, dict) and answer.get("done") is True


def _failed(visit: Visit, body: Play, where: str) -> Tried:
    inner = dict(body.failure or {})
    message = f"{visit.name}, {where}: {inner.get('message', '')}"
    return Tried(error={**inner, "message": message}, hopeless=True)
