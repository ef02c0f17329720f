"""What agents did: success, time, tokens, money and scores, from the rows of their steps and of what those asked of models."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, inspect
from sqlalchemy import select as _select
from sqlmodel import col, func, select

from backend.agents import service as agents
from backend.agents.models import AgentStep
from backend.core import clock
from backend.core.db import Session
from backend.identity.principal import Principal
from backend.monitoring.agent_schemas import (
    AgentFigures,
    AgentRun,
    AgentStatistics,
    AgentUse,
    AgentUsePage,
    VersionFigures,
)
from backend.monitoring.overview import share
from backend.runs import asked
from backend.runs.models import EffectRecord, Run
from backend.workflows import agents_named
from backend.workflows.models import Version, Workflow

DAYS = 30
MOST_STEPS = 20_000
NEWEST_RUNS = 10
_Key = tuple[str, int]
"""An agent and its version."""


@dataclass
class _Sum:
    """What is added up before shares of it are taken."""

    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    ms: list[float] = field(default_factory=list[float])
    scores: list[float] = field(default_factory=list[float])
    tokens: tuple[int, int] = (0, 0)
    costs: list[float] = field(default_factory=list[float])

    def figures(self) -> AgentFigures:
        """As people read them."""
        succeeded, failed = self.outcomes.get("succeeded", 0), self.outcomes.get("failed", 0)
        over, times = succeeded + failed, sorted(self.ms)
        return AgentFigures(
            steps=over,
            succeeded=succeeded,
            failed=failed,
            open=self.outcomes.get("", 0),
            success_rate=succeeded / over if over else None,
            p50_ms=share(times, 0.5),
            p95_ms=share(times, 0.95),
            input_tokens=self.tokens[0],
            output_tokens=self.tokens[1],
            cost=sum(self.costs) if self.costs else None,
            mean_score=sum(self.scores) / len(self.scores) if self.scores else None,
            scored=len(self.scores),
        )

    def add(self, other: "_Sum") -> None:
        """Both together."""
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count
        self.ms, self.scores = self.ms + other.ms, self.scores + other.scores
        self.costs = self.costs + other.costs
        self.tokens = (self.tokens[0] + other.tokens[0], self.tokens[1] + other.tokens[1])


async def of_many(
    session: Session, by: Principal, agent_ids: Collection[str], days: int = DAYS
) -> dict[str, AgentFigures]:
    """Of each of these agents, for a list."""
    by.require("run.read")
    sums = await _sums(session, by.team_id, agent_ids, days)
    found = {agent_id: _Sum() for agent_id in agent_ids}
    for (agent_id, _), one in sums.items():
        found[agent_id].add(one)
    return {agent_id: one.figures() for agent_id, one in found.items()}


async def statistics(session: Session, by: Principal, ref: str, days: int = DAYS) -> AgentStatistics:
    """Of one agent: altogether, by version, and the runs that asked it."""
    by.require("run.read")
    agent = await agents.get(session, by, ref)
    sums = await _sums(session, by.team_id, [agent.id], days)
    total = _Sum()
    for one in sums.values():
        total.add(one)
    versions = sorted(sums.items(), key=lambda pair: -pair[0][1])
    return AgentStatistics(
        days=days,
        total=total.figures(),
        versions=[VersionFigures(version=key[1], **one.figures().model_dump()) for key, one in versions],
        runs=await _runs(session, by.team_id, agent.id),
    )


async def uses(session: Session, by: Principal, ref: str) -> AgentUsePage:
    """The published workflows that name an agent."""
    agent = await agents.get(session, by, ref)
    called = (
        {agent.id} if agent.state == "terminated" else {agent.id, agent.name}
    )  # another may have its name
    drawn: Any = Version.diagram
    query = (
        select(Workflow, drawn)
        .join(Version, col(Version.id) == Workflow.published_version_id)
        .where(col(Workflow.team_id) == by.team_id, col(Workflow.archived_at).is_(None))
        .order_by(col(Workflow.name))
    )
    items: list[AgentUse] = []
    for workflow, diagram in (await session.exec(query)).all():
        named = agents_named.of_plain(diagram.get("nodes", []))
        nodes = [label for _, label, _, name in named if name in called]
        if nodes:
            items.append(
                AgentUse(workflow_id=workflow.id, slug=workflow.slug, name=workflow.name, nodes=nodes)
            )
    return AgentUsePage(items=items)


async def _sums(session: Session, team_id: str, agent_ids: Collection[str], days: int) -> dict[_Key, _Sum]:
    """By agent and version, of the newest steps that began within these days."""
    since = clock.now() - timedelta(days=days)
    step: Any = inspect(AgentStep).local_table.c
    found: Any = _select(step.agent_id, step.version, step.outcome, step.ms, step.score)
    query = found.where(*_of(team_id, agent_ids, since)).order_by(step.began_at.desc()).limit(MOST_STEPS)
    sums: dict[_Key, _Sum] = {}
    rows: Any = await (await session.connection()).execute(query)
    for agent_id, version, outcome, ms, score in rows:
        one = sums.setdefault((agent_id, version), _Sum())
        one.outcomes[outcome] = one.outcomes.get(outcome, 0) + 1
        if outcome in ("succeeded", "failed"):
            one.ms += [ms] if ms is not None else []
            one.scores += [score] if score is not None else []
    for agent_id, version, model, paid, read, wrote in await _asked(session, team_id, agent_ids, since):
        one = sums.setdefault((agent_id, version), _Sum())
        one.tokens = (one.tokens[0] + int(read), one.tokens[1] + int(wrote))
        cost = asked.cost(model, int(read), int(wrote)) if paid is None else float(paid)
        one.costs += [cost] if cost is not None else []
    return sums


async def _asked(session: Session, team_id: str, agent_ids: Collection[str], since: datetime) -> Any:
    """Agent, version, model, dollars and tokens, of every model that their steps asked; all tries of a step count.

    Calls without a recorded price come in a row of their own, so that they do not hide among those with one.
    """
    step: Any = inspect(AgentStep).local_table.c
    effect: Any = inspect(EffectRecord).local_table.c
    keys = ("run_id", "node_id", "path", "visit")
    same = and_(*(getattr(effect, key) == getattr(step, key) for key in keys))
    sums = (func.coalesce(func.sum(effect[name]), 0) for name in ("input_tokens", "output_tokens"))
    found: Any = _select(step.agent_id, step.version, effect.model, func.sum(effect.cost), *sums)
    query = (
        found.join_from(inspect(AgentStep).local_table, inspect(EffectRecord).local_table, same)
        .where(*_of(team_id, agent_ids, since), effect.model.is_not(None))
        .group_by(step.agent_id, step.version, effect.model, effect.cost.is_not(None))
    )
    return await (await session.connection()).execute(query)


def _of(team_id: str, agent_ids: Collection[str], since: datetime) -> tuple[Any, ...]:
    return (
        col(AgentStep.team_id) == team_id,
        col(AgentStep.agent_id).in_(agent_ids),
        col(AgentStep.began_at) > since,
    )


async def _runs(session: Session, team_id: str, agent_id: str) -> list[AgentRun]:
    steps: Any = func.count()
    began: Any = func.max(AgentStep.began_at)
    query = (
        select(AgentStep.run_id, steps, began)
        .where(col(AgentStep.team_id) == team_id, col(AgentStep.agent_id) == agent_id)
        .group_by(col(AgentStep.run_id))
        .order_by(began.desc())
        .limit(NEWEST_RUNS)
    )
    counted = (await session.exec(query)).all()
    about = (
        select(Run.id, Run.status, Workflow.id, Workflow.name)
        .join(Workflow, col(Workflow.id) == Run.workflow_id)
        .where(col(Run.id).in_([row[0] for row in counted]))
    )
    known = {row[0]: row for row in (await session.exec(about)).all()}
    return [
        AgentRun(
            run_id=run_id,
            workflow_id=known[run_id][2],
            workflow_name=known[run_id][3],
            status=known[run_id][1],
            steps=count,
            began_at=at,
        )
        for run_id, count, at in counted
        if run_id in known
    ]
