"""Queries of the watch: what a run of a plan did, what its past runs did, and what was told of it already."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, inspect
from sqlalchemy import select as _select
from sqlmodel import col, select

from backend.agents.models import Agent
from backend.core import clock
from backend.core.db import Session
from backend.planning.models import Plan, PlanVersion
from backend.planning.watch_models import PlanAdaptation, PlanDeviation, PlanRun
from backend.planning.watching.facts import Did, Figure
from backend.runs.models import EffectRecord, Run, RunEvent, StepRecord
from backend.runs.schemas import TERMINAL

RECENT = timedelta(days=7)
PAST = 50
AT_ONCE = 20
LOOK_EVERY = timedelta(seconds=5)


async def unseen(session: Session) -> Sequence[tuple[Run, Plan]]:
    """Runs of accepted plans that nobody compares yet; no trials, forks or replays, and none from before the plan."""
    on = (col(Plan.workflow_id) == Run.workflow_id) & (col(Plan.team_id) == Run.team_id)
    version = (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.accepted_version)
    query = (
        select(Run, Plan)
        .join(Plan, on)
        .join(PlanVersion, version)
        .join(PlanRun, col(PlanRun.run_id) == Run.id, isouter=True)
        .where(
            col(PlanRun.run_id).is_(None),
            col(Run.forked_from_run_id).is_(None),
            col(Run.trigger) != "trial",
            col(Run.created_at) >= PlanVersion.created_at,
            col(Run.created_at) > clock.now() - RECENT,
        )
    )
    return (await session.exec(query.order_by(col(Run.created_at), col(Run.id)).limit(AT_ONCE))).all()


async def anything_due(session: Session) -> bool:
    """True when a run is to be looked at."""
    before = clock.now() - LOOK_EVERY
    open_ = select(PlanRun.run_id).where(col(PlanRun.is_over).is_(False), col(PlanRun.looked_at) <= before)
    return (await session.exec(open_.limit(1))).first() is not None or bool(await unseen(session))


async def due(session: Session) -> Sequence[PlanRun]:
    """Held by one worker until the commit."""
    query = (
        select(PlanRun)
        .where(col(PlanRun.is_over).is_(False), col(PlanRun.looked_at) <= clock.now() - LOOK_EVERY)
        .order_by(col(PlanRun.looked_at))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await session.exec(query)).all()


async def did(session: Session, run: Run, nodes: dict[str, str]) -> dict[str, Did]:
    """By task: the newest visit of its node, with the cost of all."""
    began = run.started_at or run.created_at
    tasks = {node: task for task, node in nodes.items()}
    found: dict[str, Did] = {}
    for event in await _events(session, run.id, tasks):
        task = tasks[event.node_id or ""]
        known = found.get(task)
        retries = (known.retries if known else 0) + (event.kind == "step.retrying")
        first = known.began if known else _since(began, event.at)
        found[task] = Did(first, retries=retries)
    spent = (await _spent(session, [run.id], tasks)).get(run.id, {})
    query = select(StepRecord.node_id, StepRecord.status, StepRecord.started_at, StepRecord.finished_at)
    query = query.where(col(StepRecord.run_id) == run.id, col(StepRecord.path) == "")
    ends = {row[0]: row for row in (await session.exec(query.order_by(col(StepRecord.visit)))).all()}
    for node, task in tasks.items():
        known, row = found.get(task), ends.get(node)
        if known is None and row is None:
            continue
        cost, tokens = spent.get(node, (0.0, 0))
        found[task] = Did(
            began=known.began if known else _since(began, row[2]) if row else 0,
            ended=_since(began, row[3]) if row and row[3] else None,
            status=row[1] if row else "running",
            retries=known.retries if known else 0,
            cost=cost,
            tokens=tokens,
        )
    return found


async def past(
    session: Session, run: Run, nodes: dict[str, str]
) -> dict[tuple[str, Figure], tuple[float, ...]]:
    """The figures of each task in the newest runs of the workflow that succeeded before this one."""
    query = select(Run.id).where(
        col(Run.workflow_id) == run.workflow_id,
        col(Run.status) == "succeeded",
        col(Run.id) != run.id,
        col(Run.created_at) <= run.created_at,
        col(Run.forked_from_run_id).is_(None),
    )
    run_ids = (await session.exec(query.order_by(col(Run.created_at).desc()).limit(PAST))).all()
    if not run_ids:
        return {}
    tasks = {node: task for task, node in nodes.items()}
    spent = await _spent(session, run_ids, tasks)
    steps = select(
        StepRecord.run_id, StepRecord.node_id, StepRecord.started_at, StepRecord.finished_at
    ).where(
        col(StepRecord.run_id).in_(run_ids),
        col(StepRecord.node_id).in_(list(tasks)),
        col(StepRecord.path) == "",
        col(StepRecord.status) == "succeeded",
    )
    found: dict[tuple[str, Figure], list[float]] = {}
    for run_id, node, began, ended in (await session.exec(steps)).all():
        if ended is None:
            continue
        cost, tokens = spent.get(run_id, {}).get(node, (0.0, 0))
        figures: dict[Figure, float] = {
            "seconds": _since(began, ended),
            "cost": cost,
            "tokens": float(tokens),
        }
        for name, value in figures.items():
            found.setdefault((tasks[node], name), []).append(value)
    return {key: tuple(values) for key, values in found.items()}


async def away(session: Session, agents: dict[str, str]) -> dict[str, str]:
    """Members whose agent cannot work any more, and why."""
    query = select(Agent.id, Agent.state, Agent.terminated_at).where(col(Agent.id).in_(list(agents.values())))
    rows = {row[0]: row for row in (await session.exec(query)).all()}
    found: dict[str, str] = {}
    for member, agent_id in agents.items():
        row = rows.get(agent_id)
        if row is None or row[2] is not None:
            found[member] = "was terminated"
    return found


async def told(session: Session, run_id: str) -> set[tuple[str, str]]:
    """Kinds and tasks of the deviations that are stored."""
    query = select(PlanDeviation.kind, PlanDeviation.task).where(col(PlanDeviation.run_id) == run_id)
    return set((await session.exec(query)).all())


async def open_kinds(session: Session, run_id: str) -> set[str]:
    """Adaptations that were proposed for the run, whatever became of them: none is proposed twice."""
    query = select(PlanAdaptation.kind).where(col(PlanAdaptation.run_id) == run_id)
    return set((await session.exec(query)).all())


async def proposed(session: Session, plan_id: str) -> Sequence[PlanAdaptation]:
    """What nobody has decided about yet."""
    query = select(PlanAdaptation).where(col(PlanAdaptation.plan_id) == plan_id)
    return (await session.exec(query.where(col(PlanAdaptation.state) == "proposed"))).all()


def is_over(run: Run) -> bool:
    """Nothing of it will change."""
    return run.status in TERMINAL


async def _events(session: Session, run_id: str, nodes: Collection[str]) -> Sequence[RunEvent]:
    query = select(RunEvent).where(
        col(RunEvent.run_id) == run_id,
        col(RunEvent.kind).in_(("step.started", "step.retrying")),
        col(RunEvent.node_id).in_(list(nodes)),
        col(RunEvent.path) == "",
    )
    return (await session.exec(query.order_by(col(RunEvent.seq)))).all()


async def _spent(
    session: Session, run_ids: Sequence[str], nodes: Collection[str]
) -> dict[str, dict[str, tuple[float, int]]]:
    """Dollars and tokens by run and node, inside of it too."""
    effect: Any = inspect(EffectRecord).local_table.c
    read, wrote = func.sum(effect.input_tokens).label("read"), func.sum(effect.output_tokens).label("wrote")
    counted: Any = _select(effect.run_id, effect.node_id, read, wrote, func.sum(effect.cost).label("paid"))
    query = counted.where(
        effect.run_id.in_(run_ids), effect.node_id.in_(list(nodes)), effect.model.is_not(None)
    )
    rows: Any = await (await session.connection()).execute(query.group_by(effect.run_id, effect.node_id))
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for row in rows:
        tokens = int(row.read or 0) + int(row.wrote or 0)
        found.setdefault(row.run_id, {})[row.node_id] = (float(row.paid or 0), tokens)
    return found


def _since(began: datetime, moment: datetime) -> float:
    return max((moment - began).total_seconds(), 0.0)
