"""Which agents of a team can be handed work, what they can, and how much they have to do."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlmodel import col, func, or_, select

from backend.agents.models import Agent, AgentCapability, AgentStep
from backend.core.db import Session
from backend.nodes.colleague import Colleague

MOST = 50


async def able(session: Session, team_id: str, names: Collection[str]) -> list[Colleague]:
    """The agents of these names or ids, in that order; without any, all that can work, by name."""
    found = {one.id: one for one in await _living(session, team_id, names)}
    can = await _capabilities(session, found)
    busy = await _busy(session, found)
    order = {name: number for number, name in enumerate(names)}
    sound = [one for one in found.values() if not one.problems]
    return [
        Colleague(name=one.name, role=one.role, can=can.get(one.id, {}), busy=busy.get(one.id, 0))
        for one in sorted(sound, key=lambda one: (order.get(one.name, order.get(one.id, 0)), one.name))
    ]


async def _living(session: Session, team_id: str, names: Collection[str]) -> Iterable[Agent]:
    query = select(Agent).where(col(Agent.team_id) == team_id, col(Agent.terminated_at).is_(None))
    if names:
        query = query.where(or_(col(Agent.name).in_(names), col(Agent.id).in_(names)))
    return (await session.exec(query.order_by(col(Agent.name)).limit(MOST))).all()


async def _capabilities(session: Session, ids: Collection[str]) -> dict[str, dict[str, float]]:
    query = select(AgentCapability).where(col(AgentCapability.agent_id).in_(list(ids)))
    found: dict[str, dict[str, float]] = {}
    for one in (await session.exec(query)).all():
        found.setdefault(one.agent_id, {})[one.name] = one.proficiency
    return found


async def _busy(session: Session, ids: Collection[str]) -> dict[str, int]:
    counted: Any = func.count()
    query = (
        select(AgentStep.agent_id, counted)
        .where(col(AgentStep.agent_id).in_(list(ids)), col(AgentStep.counted_at).is_(None))
        .group_by(col(AgentStep.agent_id))
    )
    return dict((await session.exec(query)).all())
