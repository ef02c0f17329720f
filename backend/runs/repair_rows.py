"""The rows of a repair: what is forgotten of steps that are played again, and the places of those that are skipped."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from sqlalchemy import bindparam, column, delete, table
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from backend.core import clock
from backend.core.db import Session
from backend.engine.ports import StepId
from backend.runs.models import EffectRecord, EventWait, Run, RunEvent, StepRecord

# Of the layer above; what people were asked is never asked twice in a run.
_APPROVAL = table("approval", column("run_id"), column("node_id"), column("path"), column("visit"))
_ENDS = ("step.succeeded", "step.failed", "step.skipped")


def under_way(told: Iterable[RunEvent], ended: set[StepId]) -> Iterator[StepId]:
    """Steps that have begun and not ended, in the order in which they began."""
    found: dict[StepId, None] = {}
    for event in told:
        step = StepId(event.node_id or "", event.path, event.visit)
        if event.kind in _ENDS:
            found.pop(step, None)
        elif event.kind in ("step.started", "step.waiting") and step not in ended:
            found[step] = None
    yield from found


async def asked_people(session: Session, run_id: str) -> frozenset[StepId]:
    """The steps of a run that have asked somebody something."""
    query = select_columns(_APPROVAL.c.node_id, _APPROVAL.c.path, _APPROVAL.c.visit)
    rows = await (await session.connection()).execute(query.where(_APPROVAL.c.run_id == run_id))
    return frozenset(StepId(row.node_id, row.path, row.visit).asker for row in rows)


async def outputs(session: Session, run_id: str, steps: Sequence[StepId]) -> dict[StepId, Any]:
    """What these steps gave, in the form in which it is stored."""
    if not steps:
        return {}
    ids = {step.node_id for step in steps}
    query = select(StepRecord).where(col(StepRecord.run_id) == run_id, col(StepRecord.node_id).in_(ids))
    rows = (await session.exec(query)).all()
    return {StepId(row.node_id, row.path, row.visit): row.output for row in rows}


async def forget(session: Session, run_id: str, steps: Sequence[StepId]) -> None:
    """Steps that are played again have given, asked and awaited nothing; their history stays."""
    if not steps:
        return
    where = [{"n": one.node_id, "p": one.path, "v": one.visit} for one in steps]
    connection = await session.connection()
    for model in (StepRecord, EffectRecord, EventWait):
        rows = cast(Any, model).__table__
        out = delete(rows).where(
            rows.c.run_id == run_id,
            rows.c.node_id == bindparam("n"),
            rows.c.path == bindparam("p"),
            rows.c.visit == bindparam("v"),
        )
        await connection.execute(out, where)


async def give(session: Session, run: Run, steps: Sequence[StepId]) -> None:
    """Rows for steps that are not played; their outputs are put into them as into edited ones."""
    await forget(session, run.id, steps)
    now = clock.now()
    for step in steps:
        row = StepRecord(run_id=run.id, node_id=step.node_id, path=step.path, visit=step.visit, team_id=run.team_id,
                         status="succeeded", input={}, started_at=now, finished_at=now)  # fmt: skip
        session.add(row)
    await session.flush()
