"""How the nodes of a workflow did in its newest runs: where they fail, and where the time goes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, inspect
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.monitoring.overview import share
from backend.monitoring.schemas import Heat, NodeHeat
from backend.runs.models import EffectRecord, Run, StepRecord
from backend.runs.starting import EVALUATION
from backend.workflows import service as workflows

MOST_RUNS = 500
_Visit = tuple[str, str, int, float]


async def heat(session: Session, by: Principal, ref: str, runs: int = 50) -> Heat:
    """Of the version that was published last, or else of all that ran."""
    by.require("run.read")
    workflow = await workflows.get(session, by, ref)
    version_id = workflow.published_version_id
    query = select(Run.id).where(col(Run.team_id) == by.team_id, col(Run.workflow_id) == workflow.id)
    query = query.where(col(Run.trigger) != EVALUATION)
    if version_id:
        query = query.where(col(Run.version_id) == version_id)
    newest = (await session.exec(query.order_by(col(Run.id).desc()).limit(min(runs, MOST_RUNS)))).all()
    visits = await _visits(session, by.team_id, newest)
    by_node: defaultdict[str, list[_Visit]] = defaultdict(list)
    for visit in visits:
        by_node[visit[0]].append(visit)
    spent = await _spent(session, by.team_id, newest)
    nodes = [_node(node_id, found, spent.get(node_id, (0.0, 0))) for node_id, found in by_node.items()]
    return Heat(workflow_id=workflow.id, version_id=version_id, runs=len(newest), nodes=nodes)


async def _visits(session: Session, team_id: str, run_ids: Sequence[str]) -> list[_Visit]:
    query = select_columns(
        col(StepRecord.node_id),
        col(StepRecord.status),
        col(StepRecord.attempt),
        col(StepRecord.started_at),
        col(StepRecord.finished_at),
    ).where(col(StepRecord.team_id) == team_id, col(StepRecord.run_id).in_(run_ids))
    connection = await session.connection()
    rows: Any = (await connection.execute(query)).all()
    return [
        (node, status, attempt, (end - begin).total_seconds() * 1000 if end else 0.0)
        for node, status, attempt, begin, end in rows
        if status != "skipped"
    ]


async def _spent(session: Session, team_id: str, run_ids: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Dollars and tokens of the models that a node asked."""
    effect: Any = inspect(EffectRecord).local_table.c
    tokens = func.sum(effect.input_tokens + effect.output_tokens)
    query: Any = select_columns(effect.node_id, func.coalesce(func.sum(effect.cost), 0.0), tokens)
    query = query.where(effect.team_id == team_id, effect.run_id.in_(run_ids), effect.model.is_not(None))
    rows: Any = (await (await session.connection()).execute(query.group_by(effect.node_id))).all()
    return {node_id: (float(cost), int(read or 0)) for node_id, cost, read in rows}


def _node(node_id: str, visits: list[_Visit], spent: tuple[float, int]) -> NodeHeat:
    failed = sum(status == "failed" for _, status, _, _ in visits)
    ms = sorted(took for _, _, _, took in visits)
    return NodeHeat(
        node_id=node_id,
        visits=len(visits),
        failed=failed,
        retried=sum(attempt - 1 for _, _, attempt, _ in visits),
        failure_rate=failed / len(visits),
        p50_ms=share(ms, 0.5) or 0.0,
        p95_ms=share(ms, 0.95) or 0.0,
        cost=spent[0],
        tokens=spent[1],
    )
