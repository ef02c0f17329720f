"""What each node of a workflow got and gave last, over its newest runs or in one of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import tuple_
from sqlmodel import col, select

from backend.core.db import Session
from backend.core.errors import NotFound
from backend.engine.acting import Acting
from backend.identity.principal import Principal
from backend.runs import payloads, redaction, shown_values
from backend.runs.models import Run, StepRecord
from backend.runs.trial_schemas import LastData, NodeData
from backend.workflows import service as workflows

RUNS = 10
"""So many runs back: trials of single nodes leave the others as they were."""

_AT_ONCE = 200


@dataclass(frozen=True)
class _Last:
    """The last visit of a node in the newest run that played it."""

    run: Run
    path: str
    visit: int
    visits: int
    ports: dict[str, int]


async def of(
    session: Session,
    by: Principal,
    workflow_id: str,
    run_id: str | None = None,
    nodes: frozenset[str] | None = None,
) -> LastData:
    """The last data of the workflow's nodes, or of these, as the caller may see it."""
    by.require("run.read")
    workflow = await workflows.get(session, by, workflow_id)
    runs = await _runs(session, by, workflow.id, run_id)
    found = dict[str, _Last]()
    for run in runs:
        for node_id, last in (await _visits(session, run)).items():
            if nodes is None or node_id in nodes:
                found.setdefault(node_id, last)
    items = await _items(session, by, found)
    shown = runs[0].input if runs and not redaction.hides(by) else None
    shown = await payloads.whole(session, by.team_id, shown)
    return LastData(run_id=runs[0].id if runs else None, input=shown, items=items)


async def _runs(session: Session, by: Principal, workflow_id: str, run_id: str | None) -> Sequence[Run]:
    query = select(Run).where(col(Run.team_id) == by.team_id, col(Run.workflow_id) == workflow_id)
    if run_id is not None:
        query = query.where(col(Run.id) == run_id)
    runs = (await session.exec(query.order_by(col(Run.id).desc()).limit(RUNS))).all()
    if run_id is not None and not runs:
        raise NotFound(f"The workflow has no run {run_id}.", fix="Choose one of its runs.")
    return runs


async def _visits(session: Session, run: Run) -> dict[str, _Last]:
    columns = (col(StepRecord.node_id), col(StepRecord.path), col(StepRecord.visit), col(StepRecord.port))
    query = select(*columns).where(col(StepRecord.run_id) == run.id)
    rows = (await session.exec(query.order_by(col(StepRecord.started_at), col(StepRecord.visit)))).all()
    part = Acting.model_validate(run.acting).cut if run.acting else None
    stood_in = part.stand_ins if part else ()
    own = [row for row in rows if ":sub" not in row[1] and row[0] not in stood_in]
    visits, ports = Counter(row[0] for row in own), dict[str, Counter[str]]()
    for node_id, _, _, port in own:
        ports.setdefault(node_id, Counter()).update([port] if port else [])
    return {
        node_id: _Last(run, path, visit, visits[node_id], dict(ports[node_id]))
        for node_id, path, visit, _ in own
    }


async def _items(session: Session, by: Principal, found: dict[str, _Last]) -> list[NodeData]:
    keys = [(last.run.id, node_id, last.path, last.visit) for node_id, last in found.items()]
    rows = list[StepRecord]()
    columns = (col(StepRecord.run_id), col(StepRecord.node_id), col(StepRecord.path), col(StepRecord.visit))
    for start in range(0, len(keys), _AT_ONCE):
        some = tuple_(*columns).in_(keys[start : start + _AT_ONCE])
        rows += (await session.exec(select(StepRecord).where(some))).all()
    items = list[NodeData]()
    for step in await shown_values.whole(session, by, rows):
        last = found[step.node_id]
        more = {"run_id": last.run.id, "version_id": last.run.version_id, "visits": last.visits}
        plain = step.model_dump(exclude={"attempt"})
        items.append(NodeData.model_validate({**plain, **more, "ports": last.ports}))
    return items
