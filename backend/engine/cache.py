"""Results that are kept for equal steps: same kind, settings and values read, in the same team, for as long as the node says."""

import hashlib
import re
from datetime import timedelta

import orjson
from pydantic import JsonValue
from sqlalchemy import bindparam, text

from backend.core import clock
from backend.core.columns import Json, UtcDateTime
from backend.core.settings import settings
from backend.engine import journal, values
from backend.engine.records import CacheRow
from backend.engine.visit import Tried, Visit

_FIND = (
    text("SELECT port, output FROM step_cache WHERE team_id = :team AND key = :key AND expires_at > :now")
    .bindparams(bindparam("now", type_=UtcDateTime))
    .columns(output=Json)
)
_THEN = text(
    "SELECT port, output FROM step WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit "
    "AND status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM effect WHERE effect.run_id = step.run_id "
    "AND effect.node_id = step.node_id AND effect.path = step.path AND effect.visit = step.visit)"
).columns(output=Json)
_LOOKED_UP = re.compile(r"nodes(?!\s*[.\w])")


async def found(visit: Visit) -> Tried | None:
    """The kept result, if there is one and its big values are still stored."""
    if not _wanted(visit):
        recorded = visit.is_recorded and visit.part.node.cache_seconds
        return await _found_then(visit) if recorded else None
    live, database = visit.play.live, visit.play.live.world.writer.database
    asked = {"team": live.run.team_id, "key": key(visit), "now": clock.now()}
    async with database.reading() as session:
        row = (await (await session.connection()).execute(_FIND, asked)).first()
    if row is None:
        return None
    value = await journal.restored(database, live.run.team_id, row.output, live.journal.read)
    if row.output is not None and values.digests(value):
        return None  # retention has removed a part of it
    kept = values.keep(value, f"{visit.name}.output", settings().max_output_bytes)
    return Tried(kept, row.port, given="cached")


async def _found_then(visit: Visit) -> Tried | None:
    """What the run that is replayed was given: a step that asked nobody has nothing recorded to be asked again."""
    live, step = visit.play.live, visit.step
    acting, database = live.run.acting, live.world.writer.database
    place = {"node": step.node_id, "path": step.path, "visit": step.visit}
    async with database.reading() as session:
        source = {"run": acting.source if acting else "", **place}
        row = (await (await session.connection()).execute(_THEN, source)).first()
    if row is None:
        return None
    value = await journal.restored(database, live.run.team_id, row.output, live.journal.read)
    kept = values.keep(value, f"{visit.name}.output", settings().max_output_bytes)
    return Tried(kept, row.port, given="cached")


def rows(visit: Visit, tried: Tried) -> list[CacheRow]:
    """What to keep of a step that was really played and succeeded by itself."""
    if not _wanted(visit) or tried.given or tried.error is not None:
        return []
    expires = clock.now() + timedelta(seconds=visit.part.node.cache_seconds or 0)
    return [CacheRow(key(visit), tried.port, tried.output.stored, expires)]


def key(visit: Visit) -> str:
    """The hash of everything that the result can hang on."""
    part = visit.part
    config = part.config.model_dump(mode="json")
    scope = visit.scope()
    said = orjson.dumps(config).decode()
    hangs_on = {
        "kind": part.kind.name,
        "version": part.kind.version,
        "config": config,
        "inputs": dict(scope.inputs),
        "read": {name: _read(name, value, said) for name, value in scope.names.items() if _says(said, name)},
    }
    return hashlib.sha256(orjson.dumps(hangs_on, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _wanted(visit: Visit) -> bool:
    """Not where a fork says for each node whether it asks the world."""
    if visit.step.undoes:
        return False  # what is undone is undone each time
    node, run = visit.part.node, visit.play.live.run
    kind = visit.part.kind
    return bool(node.cache_seconds) and kind.cacheable and kind.role == "step" and run.acting is None


def _says(said: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", said) is not None


def _read(name: str, value: JsonValue, said: str) -> JsonValue:
    """Of the nodes only those that are named, unless one is looked up by a value."""
    if name != "nodes" or not isinstance(value, dict) or _LOOKED_UP.search(said):
        return value
    return {node_id: output for node_id, output in value.items() if _says(said, node_id)}
