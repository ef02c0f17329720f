"""Sub-workflows: played inside as a scope of the same run, or as a run of their own that the step waits for."""

from typing import Any, cast

import orjson
from pydantic import JsonValue

from backend.core.settings import settings
from backend.engine import containers, journal, values
from backend.engine.acting import INSIDE
from backend.engine.children import called, maker
from backend.engine.compile import compiled
from backend.engine.limits import Limit
from backend.engine.scope import Place, Play
from backend.engine.visit import Tried, Visit, checked
from backend.engine.waits import Halted
from backend.nodes.kind import Step


async def inside(visit: Visit) -> Tried:
    """Play the other workflow as a scope of this run; nothing of this one is seen in it but its input."""
    given = await _input(visit)
    with containers.limited(visit) as limit:
        try:
            return await _played(visit, given, limit)
        except Halted:
            if not limit.over:
                raise
            return await containers.too_long(visit)


async def _played(visit: Visit, given: JsonValue, limit: Limit) -> Tried:
    live, config = visit.play.live, cast(Any, visit.part.config)
    other = called(live, config.workflow, config.version)
    program = compiled(other.diagram, live.world.kinds, version_id=other.version_id).program
    around = visit.play.place.path
    number = f"{INSIDE}:{visit.attempt}" if visit.attempt > 1 else INSIDE
    place = Place(f"{around}/" * bool(around) + f"{visit.part.node.id}:{number}", {}, {"input": given})
    body = Play(live, program.root, place, visit.play.play_step)
    limit.holds(place.path)
    await containers.beside(visit, body)
    if limit.over:
        return await containers.too_long(visit)
    if body.failure is not None:
        return containers.failed(visit, body.failure, f"in “{other.name}”")
    if body.halted:
        raise Halted
    return checked(visit, Step(body.result(), visit.part.pass_port))


async def _input(visit: Visit) -> JsonValue:
    """The input as it was when the step began: it is not made again after a crash, nor by another try."""
    live, begun = visit.play.live, visit.play.live.journal.begin(visit.step)
    if begun.has_items:
        containers.announce(visit, {})
        return await journal.restored(live.world.writer.database, live.run.team_id, begun.items)
    config = cast(Any, visit.part.config)
    given = await containers.asked(visit, {})
    given = maker(live).checked(called(live, config.workflow, config.version), given)
    kept = values.keep(given, f"{visit.name}.input", settings().max_output_bytes)
    begun.items, begun.has_items = orjson.loads(kept.stored), True
    containers.announce(visit, {"items": begun.items}, kept)
    return kept.value
