"""What a run may cost: what a team's alarm on the cost of a run allows, else what its agents may spend together."""

from collections import Counter
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import col, func, or_, select

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.monitoring.models import AlarmRule
from backend.nodes.agent_profile import AgentProfile
from backend.runs import asked, service
from backend.runs.models import Run, RunEvent
from backend.runs.repository import version
from backend.workflows import raw

_MOST_TOKENS: int = AgentProfile.model_fields["max_tokens"].default


class Budget(BaseModel):
    """What the models of a run have taken so far, and what they may; null where nothing limits it."""

    tokens: int
    cost: float = Field(description="Dollars, as far as prices are known.")
    unknown: bool = Field(description="What some of the calls cost is not known.")
    most_tokens: int | None = Field(description="What its agents may read and write together.")
    most_cost: float | None = Field(description="Dollars.")
    set_by: str = Field(description="`alarm`, `agents`, or empty where the cost has no limit.")

    def words(self) -> str:
        """Tokens and money as people read them, each beside its limit."""
        spent = asked.Spent(tokens=self.tokens, cost=self.cost, unknown=self.unknown)
        tokens = f"{self.tokens:,}" + (f" of {self.most_tokens:,}" if self.most_tokens else "") + " tokens"
        paid = spent.words() if self.tokens or self.cost else "nothing spent"
        return f"{tokens}, {paid}" + (f" of ${self.most_cost:g}" if self.most_cost else "")

    def share(self) -> float | None:
        """How much of the budget is used, of what is nearer to its limit: 1 is all of it."""
        parts = [self.cost / self.most_cost] if self.most_cost else []
        parts += [self.tokens / self.most_tokens] if self.most_tokens else []
        return max(parts, default=None)


async def of_run(session: Session, by: Principal, run_id: str) -> Budget:
    """What this run has spent, beside what it may."""
    run = await service.found(session, by, run_id)
    spent = (await asked.spent(session, [run.id])).get(run.id) or asked.Spent()
    tokens, money = await _agents(session, run)
    alarm = await _alarm(session, run)
    return Budget(
        tokens=spent.tokens,
        cost=spent.cost,
        unknown=spent.unknown,
        most_tokens=tokens,
        most_cost=money if alarm is None else alarm,
        set_by="alarm" if alarm is not None else "agents" if money is not None else "",
    )


async def _alarm(session: Session, run: Run) -> float | None:
    """The least that an alarm on the cost of a run of this workflow allows."""
    query = select(func.min(AlarmRule.threshold)).where(
        col(AlarmRule.team_id) == run.team_id,
        col(AlarmRule.kind) == "cost_per_run",
        or_(col(AlarmRule.workflow_id) == run.workflow_id, col(AlarmRule.workflow_id).is_(None)),
    )
    return (await session.exec(query)).one()


async def _agents(session: Session, run: Run) -> tuple[int | None, float | None]:
    """Tokens and dollars that the agents of the diagram may take, as often as they were asked.

    Where one of them brings its own limits, or has none, nothing is said.
    """
    drawn = await version(session, run.team_id, run.version_id)
    agents = [node for node in raw.nodes(drawn.diagram) if node["kind"] == "agent"] if drawn else []
    configs: list[dict[str, Any]] = [node.get("config") or {} for node in agents]
    if not agents or any(config.get("agent") for config in configs):
        return None, None
    times = await _visits(session, run.id, [node["id"] for node in agents])
    often = [max(times[node["id"]], 1) for node in agents]
    tokens = sum(n * config.get("max_tokens", _MOST_TOKENS) for n, config in zip(often, configs, strict=True))
    money = [config.get("max_cost") for config in configs]
    if None in money:
        return tokens, None
    return tokens, sum(n * float(most) for n, most in zip(often, money, strict=True) if most)


async def _visits(session: Session, run_id: str, node_ids: list[str]) -> Counter[str]:
    """How often each of these nodes was begun."""
    count: Any = func.count()
    query = select(RunEvent.node_id, count).where(
        col(RunEvent.run_id) == run_id,
        col(RunEvent.kind) == "step.started",
        col(RunEvent.attempt) == 1,
        col(RunEvent.node_id).in_(node_ids),
    )
    rows = (await session.exec(query.group_by(col(RunEvent.node_id)))).all()
    return Counter({node_id: times for node_id, times in rows if node_id})
