"""Where a replay first differs from the run that it replays."""

from typing import Any

import orjson

from backend.engine import journal, then
from backend.engine.live import LiveRun
from backend.engine.ports import StepId
from backend.engine.records import StepRow
from backend.engine.then import Then


async def found(live: LiveRun, known: Then, row: StepRow) -> dict[str, Any] | None:
    """How this step differs from how it ended in the source; None when it does not."""
    if not known.ended and _was_cut(row):
        return None
    if (known.status, known.port) != (row.status, row.port):
        return _ended_otherwise(row, known)
    database, team_id = live.world.writer.database, live.run.team_id
    output = orjson.loads(row.output or "null")
    same = output == known.output or await journal.restored(
        database, team_id, output
    ) == await journal.restored(database, team_id, known.output)
    return None if same else _told("output", "It gives something else than in the run that is replayed.")


def _was_cut(row: StepRow) -> bool:
    """A step that slept when the time of its container was over left no row in the run that is replayed."""
    return row.error is not None and then.is_cut(orjson.loads(row.error))


def _ended_otherwise(row: StepRow, known: Then) -> dict[str, Any]:
    if not known.ended:
        return _told("step", "The run that is replayed never ended this step.")
    if known.status != row.status:
        return _told("status", f"It has {row.status}; in the run that is replayed it has {known.status}.")
    return _told("port", f"It leaves by {row.port}; in the run that is replayed it left by {known.port}.")


def event(step: StepId, attempt: int, differs: dict[str, Any]) -> dict[str, Any]:
    """As the run's row keeps it."""
    return {"node_id": step.node_id, "path": step.path, "visit": step.visit, "attempt": attempt, **differs}


def _told(differs: str, message: str) -> dict[str, Any]:
    return {"differs": differs, "message": message}
