"""Where a replay first differs from the run that it replays."""

from typing import Any

import orjson
from sqlalchemy import text

from backend.core.columns import Json
from backend.engine import journal
from backend.engine.live import LiveRun
from backend.engine.ports import StepId
from backend.engine.records import StepRow

_STEP = text(
    "SELECT status, port, output FROM step WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit"
).columns(output=Json)


async def found(live: LiveRun, row: StepRow) -> dict[str, Any] | None:
    """How this step differs from the same step of the source; None when it does not, or nobody wants to know."""
    acting = live.run.acting
    if acting is None or not acting.compare or live.diverged:
        return None
    if acting.mode(row.node_id, row.path).mode != "recorded":
        return None
    database, team_id = live.world.writer.database, live.run.team_id
    place = {"run": acting.source, "node": row.node_id, "path": row.path, "visit": row.visit}
    async with database.reading() as session:
        known = (await (await session.connection()).execute(_STEP, place)).first()
    if known is None or (known.status, known.port) != (row.status, row.port):
        return None if known is None and _was_cut(row) else _ended_otherwise(row, known)
    output = orjson.loads(row.output or "null")
    same = output == known.output or await journal.restored(
        database, team_id, output
    ) == await journal.restored(database, team_id, known.output)
    return None if same else _told("output", "It gives something else than in the run that is replayed.")


def _was_cut(row: StepRow) -> bool:
    """A step that slept when the time of its container was over left no row in the run that is replayed."""
    return row.error is not None and orjson.loads(row.error).get("code") == "cancelled"


def _ended_otherwise(row: StepRow, known: Any) -> dict[str, Any]:
    if known is None:
        return _told("step", "The run that is replayed never ended this step.")
    if known.status != row.status:
        return _told("status", f"It has {row.status}; in the run that is replayed it has {known.status}.")
    return _told("port", f"It leaves by {row.port}; in the run that is replayed it left by {known.port}.")


def event(step: StepId, attempt: int, differs: dict[str, Any]) -> dict[str, Any]:
    """As the run's row keeps it."""
    return {"node_id": step.node_id, "path": step.path, "visit": step.visit, "attempt": attempt, **differs}


def _told(differs: str, message: str) -> dict[str, Any]:
    return {"differs": differs, "message": message}
