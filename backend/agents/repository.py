"""All queries on agents, each inside the team of whoever asks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, func, or_, select

from backend.agents.models import Agent, AgentCapability, AgentStep, AgentTransition, AgentVersion
from backend.core.db import Session


async def find(session: Session, team_id: str, ref: str) -> Agent | None:
    """By id or name; of several that had the name, the living one, else the one that was terminated last."""
    query = select(Agent).where(col(Agent.team_id) == team_id, or_(Agent.id == ref, Agent.name == ref))
    found = (await session.exec(query, execution_options={"populate_existing": True})).all()
    return max(found, key=_rank, default=None)


def _rank(one: Agent) -> tuple[bool, str, str]:
    ended = one.terminated_at.isoformat() if one.terminated_at else ""
    return not ended, ended, one.id


async def locked(session: Session, team_id: str, ref: str) -> Agent | None:
    """The same, held against everybody else until the commit."""
    if (found := await find(session, team_id, ref)) is None:
        return None
    query = select(Agent).where(col(Agent.id) == found.id).with_for_update(key_share=True)
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


async def named(session: Session, team_id: str, refs: Collection[str]) -> dict[str, Agent]:
    """Agents by the names or ids that they are called by."""
    wanted = list(refs)
    query = select(Agent).where(
        col(Agent.team_id) == team_id, or_(col(Agent.id).in_(wanted), col(Agent.name).in_(wanted))
    )
    found: dict[str, Agent] = {}
    for one in sorted((await session.exec(query)).all(), key=_rank):
        found |= {ref: one for ref in (one.id, one.name) if ref in refs}
    return found


async def page(
    session: Session, team_id: str, before: str | None, limit: int, *, with_terminated: bool
) -> Sequence[tuple[Agent, dict[str, Any]]]:
    """Agents with the profile of their version, newest first."""
    profile: Any = AgentVersion.profile
    query = (
        select(Agent, profile)
        .join(
            AgentVersion,
            (col(AgentVersion.agent_id) == Agent.id) & (col(AgentVersion.number) == Agent.version),
        )
        .where(col(Agent.team_id) == team_id)
        .order_by(col(Agent.id).desc())
        .limit(limit)
    )
    if before:
        query = query.where(col(Agent.id) < before)
    if not with_terminated:
        query = query.where(col(Agent.terminated_at).is_(None))
    return (await session.exec(query)).all()


async def count(session: Session, team_id: str) -> int:
    """How many agents the team ever made."""
    counted: Any = func.count()
    query = select(counted).select_from(Agent).where(col(Agent.team_id) == team_id)
    return (await session.exec(query)).one()


async def version(session: Session, agent_id: str, number: int) -> AgentVersion | None:
    """One version."""
    return await session.get(AgentVersion, (agent_id, number))


async def versions(session: Session, agent_id: str) -> Sequence[AgentVersion]:
    """All versions, the newest first."""
    query = select(AgentVersion).where(col(AgentVersion.agent_id) == agent_id)
    return (await session.exec(query.order_by(col(AgentVersion.number).desc()))).all()


async def capabilities(session: Session, agent_id: str, *, held: bool = False) -> Sequence[AgentCapability]:
    """What an agent can, the best first."""
    query = (
        select(AgentCapability)
        .where(col(AgentCapability.agent_id) == agent_id)
        .order_by(col(AgentCapability.proficiency).desc(), col(AgentCapability.name))
    )
    query = query.with_for_update() if held else query
    return (await session.exec(query, execution_options={"populate_existing": True})).all()


async def transitions(session: Session, agent_id: str, limit: int) -> Sequence[AgentTransition]:
    """The newest changes of state."""
    query = select(AgentTransition).where(col(AgentTransition.agent_id) == agent_id)
    return (await session.exec(query.order_by(col(AgentTransition.number).desc()).limit(limit))).all()


async def first_version(session: Session, run_id: str, agent_id: str) -> int | None:
    """The version that a run asked first."""
    query = select(AgentStep.version).where(
        col(AgentStep.run_id) == run_id, col(AgentStep.agent_id) == agent_id
    )
    return (await session.exec(query.order_by(col(AgentStep.began_at)).limit(1))).first()


async def idle(session: Session) -> Sequence[Agent]:
    """Agents that are said to execute while no step of theirs is open, each held by one who asks."""
    open_step = select(AgentStep.run_id).where(
        col(AgentStep.agent_id) == Agent.id, col(AgentStep.counted_at).is_(None)
    )
    query = (
        select(Agent)
        .where(col(Agent.state) == "executing", ~open_step.exists())
        .order_by(col(Agent.id))
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await session.exec(query, execution_options={"populate_existing": True})).all()


async def has_open(session: Session, agent_id: str) -> bool:
    """Whether a step of the agent is open at this moment."""
    query = select(AgentStep.run_id).where(
        col(AgentStep.agent_id) == agent_id, col(AgentStep.counted_at).is_(None)
    )
    return (await session.exec(query.limit(1))).first() is not None


def step(
    team_id: str, agent: Agent, number: int, place: tuple[str, str, str, int], at: datetime
) -> AgentStep:
    """The row that says which step asked."""
    run_id, node_id, path, visit = place
    return AgentStep(
        run_id=run_id,
        node_id=node_id,
        path=path,
        visit=visit,
        agent_id=agent.id,
        version=number,
        team_id=team_id,
        began_at=at,
    )
