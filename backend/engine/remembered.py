"""Reads back what a visit asked of the world and what it was answered."""

from typing import Any

from pydantic import JsonValue
from sqlalchemy import text

from backend.core import db
from backend.core.columns import Json
from backend.engine import journal, then
from backend.engine.effects import CUT, Recorded
from backend.engine.ports import StepId

_ROWS = text(
    "SELECT attempt, kind, digest, result, of_output, error FROM effect WHERE run_id = :run AND node_id = :node "
    "AND path = :path AND visit = :visit ORDER BY attempt, n"
).columns(result=Json, error=Json)
_BEGUN = text(
    "SELECT 1 FROM run_event WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit LIMIT 1"
)
_OUTPUT = text(
    "SELECT output, error FROM step WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit"
).columns(output=Json, error=Json)
_LAST = text(
    "SELECT MAX(n) FROM effect WHERE run_id = :run AND node_id = :node AND path = :path AND visit = :visit "
    "AND attempt = :attempt"
)


async def recorded(
    database: db.Database, team_id: str, run_id: str, step: StepId, attempt: int, *, carried: bool
) -> list[Recorded]:
    """What this try asked in that run; what its last try asked, where it had no such try.

    With `carried`, also what the tries before it were answered.
    """
    place = _place(run_id, step)
    async with database.reading() as session:
        connection = await session.connection()
        rows = (await connection.execute(_ROWS, place)).all()
        ended = (await connection.execute(_OUTPUT, place)).first()
        begun = ended or (await connection.execute(_BEGUN, place)).first()
    tries = {row.attempt for row in rows}
    wanted = attempt if attempt in tries else max(tries, default=0)
    output = ended.output if ended else None
    taken = [r for r in rows if r.attempt == wanted or (carried and r.attempt < wanted and r.error is None)]
    found = [await _restored(database, team_id, row, output) for row in taken]
    if begun and (ended is None or then.is_cut(ended.error)):
        found.append(Recorded(CUT, "", None, {"code": CUT}))  # what it asked before it slept was not kept
    return found


async def earlier(
    database: db.Database, team_id: str, run_id: str, step: StepId, attempt: int
) -> tuple[list[Recorded], int]:
    """What this visit was answered so far, in this try and those before, without errors; and the next place in this try."""
    async with database.reading() as session:
        connection = await session.connection()
        rows = (await connection.execute(_ROWS, _place(run_id, step))).all()
        last = (await connection.execute(_LAST, {**_place(run_id, step), "attempt": attempt})).scalar()
    taken = [row for row in rows if row.attempt <= attempt and row.error is None]
    found = [await _restored(database, team_id, row, None) for row in taken]
    return found, 0 if last is None else int(last) + 1


async def _restored(database: db.Database, team_id: str, row: Any, output: JsonValue) -> Recorded:
    result = await journal.restored(database, team_id, output if row.of_output else row.result)
    return Recorded(row.kind, row.digest, result, row.error)


def _place(run_id: str, step: StepId) -> dict[str, Any]:
    return {"run": run_id, "node": step.node_id, "path": step.path, "visit": step.visit}
