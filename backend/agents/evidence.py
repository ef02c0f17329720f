"""Outcomes become evidence: each step's once, however often somebody tries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from backend.agents import moving, repository
from backend.agents.models import AgentStep
from backend.agents.proficiency import Evidence, worth
from backend.core import clock
from backend.core.db import Session

KEPT = 20
"""So many of its newest outcomes a capability remembers one by one."""


@dataclass(frozen=True)
class Ended:
    """How a step of an agent ended."""

    outcome: Literal["succeeded", "failed", "stopped"]
    score: float | None
    ms: float
    at: datetime

    @property
    def succeeded(self) -> bool:
        """Whether it did what it was asked for."""
        return self.outcome == "succeeded"


async def count(session: Session, step: AgentStep, ended: Ended) -> None:
    """Take the outcome of a step that the caller holds and that was not counted yet."""
    agent = await repository.locked(session, step.team_id, step.agent_id)
    step.counted_at, step.outcome, step.ms, step.score = clock.now(), ended.outcome, ended.ms, ended.score
    session.add(step)
    if agent is None or ended.outcome == "stopped":
        return
    agent.last_outcome = "completed" if ended.succeeded else "failed"
    session.add(agent)
    for row in await repository.capabilities(session, step.agent_id, held=True):
        known = Evidence(row.good, row.weight).after(worth(succeeded=ended.succeeded, score=ended.score))
        row.good, row.weight, row.proficiency = known.good, known.weight, known.proficiency(row.stated)
        row.steps, row.succeeded = row.steps + 1, row.succeeded + ended.succeeded
        row.outcomes = [_told(step, ended), *row.outcomes][:KEPT]
        row.updated_at = step.counted_at
        session.add(row)
    await session.flush()


async def settle(session: Session) -> int:
    """Agents without an open step come to rest: completed or failed, as their last step did."""
    idle = await repository.idle(session)
    for agent in idle:
        failed = agent.last_outcome == "failed"
        await moving.move(session, agent, "failed" if failed else "completed", "its last step is over")
    return len(idle)


def _told(step: AgentStep, ended: Ended) -> dict[str, Any]:
    told: dict[str, Any] = {"run_id": step.run_id, "node_id": step.node_id, "at": ended.at.isoformat()}
    return told | {"succeeded": ended.succeeded, "score": ended.score}
