"""Sagas of a run that were begun and neither finished nor undone: what a person has to look at when it is given up."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import col, select

from backend.core.db import Session
from backend.dead_letters.schemas import OpenSaga
from backend.engine.ports import StepId
from backend.engine.saga_plan import body
from backend.nodes.registry import all_kinds
from backend.runs.models import Run, RunEvent, StepRecord
from backend.workflows import raw
from backend.workflows.models import Version

_ROLLED = ("saga.compensated", "saga.failed")
Nodes = Mapping[str, Mapping[str, Any]]


async def of_run(session: Session, run: Run) -> list[OpenSaga]:
    """Each with the steps that stand in it and name a compensation, the last first."""
    drawings = await _drawings(session, run)
    kinds = {name for name, kind in all_kinds().items() if kind.role == "saga"}
    sagas = {node_id: node for one in drawings for node_id, node in raw.of_kinds(one, kinds).items()}
    if not sagas:
        return []
    begun = await _events(session, run.id, sagas)
    rolled = {_step(event) for event in begun if event.kind in _ROLLED}
    done = await _succeeded(session, run.id)
    ended = rolled | {step for step, status in done.items() if step.node_id in sagas and status}
    left = {_step(event): None for event in begun if _step(event) not in ended}
    nodes = {str(node.get("id")): node for one in drawings for node in raw.nodes(one)}
    return [_told(step, nodes, done) for step in left]


def _told(saga: StepId, nodes: Nodes, done: Mapping[StepId, str]) -> OpenSaga:
    inside = body(saga)
    standing = [
        _name(nodes[step.node_id], step.node_id)
        for step, status in reversed(list(done.items()))
        if (step.path == inside or step.path.startswith(f"{inside}/"))
        and status == "succeeded"
        and (undo := nodes.get(step.node_id, {}).get("compensate_with"))
        and StepId(str(undo), step.path, step.visit) not in done
    ]
    name = _name(nodes[saga.node_id], saga.node_id)
    return OpenSaga(node_id=saga.node_id, path=saga.path, visit=saga.visit, name=name, standing=standing)


def _name(node: Mapping[str, Any], node_id: str) -> str:
    return str(node.get("name") or node_id)


def _step(row: RunEvent) -> StepId:
    return StepId(row.node_id or "", row.path, row.visit)


async def _drawings(session: Session, run: Run) -> Sequence[Any]:
    """Of the run's version and of those of the workflows that it plays inside itself."""
    wanted = {run.version_id, *(run.calls or {}).values()}
    drawing: Any = Version.diagram
    query = select(drawing).where(col(Version.id).in_(wanted), col(Version.team_id) == run.team_id)
    return (await session.exec(query)).all()


async def _events(session: Session, run_id: str, sagas: Nodes) -> Sequence[RunEvent]:
    query = select(RunEvent).where(
        col(RunEvent.run_id) == run_id,
        col(RunEvent.node_id).in_(sagas),
        col(RunEvent.kind).in_(("step.started", "saga.compensating", *_ROLLED)),
    )
    return (await session.exec(query.order_by(col(RunEvent.seq)))).all()


async def _succeeded(session: Session, run_id: str) -> dict[StepId, str]:
    """The status of every finished step, in the order of their ends."""
    query = (
        select(StepRecord.node_id, StepRecord.path, StepRecord.visit, StepRecord.status)
        .where(col(StepRecord.run_id) == run_id)
        .order_by(col(StepRecord.finished_at), col(StepRecord.started_at))
    )
    return {StepId(node, path, visit): status for node, path, visit, status in await session.exec(query)}
