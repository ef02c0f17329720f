"""The agents of a team as a plan knows them: what they can, what they have to do, and what an hour of them costs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import case
from sqlmodel import col, func, or_, select

from backend.agents.models import Agent, AgentCapability, AgentStep, AgentVersion
from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.identity.principal import Principal
from backend.inference import prices
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.server_tools import is_name
from backend.nodes.tool import Effect
from backend.nodes.tool_registry import all_tools
from backend.planning.plan import Member, Task

MOST = 100
AT_ONCE = 2
"""An agent can be asked by any number of steps; that it does two at a time is what plans reckon with."""
A_STEP = 60.0
"""Seconds that an open step is reckoned to take, where the agent's past does not say."""
_READ = 0.75
"""The part of an agent's tokens that it reads rather than writes."""


async def members(session: Session, by: Principal, names: Sequence[str] = ()) -> tuple[Member, ...]:
    """Everybody who can work, or those of these names and ids; raises Invalid for a name that nobody has."""
    by.require("workflow.read")
    rows = await _living(session, by.team_id, names)
    _require_all(names, [agent for agent, _ in rows])
    ids = [agent.id for agent, _ in rows]
    can, steps = await _capabilities(session, ids)
    busy = await _busy(session, ids)
    return tuple(
        _member(agent, AgentProfile.model_validate(profile), can.get(agent.id, {})).model_copy(
            update={"steps": steps.get(agent.id, 0), "load_seconds": busy.get(agent.id, 0.0)}
        )
        for agent, profile in rows
        if not agent.problems
    )


def _require_all(names: Sequence[str], found: Sequence[Agent]) -> None:
    known = {agent.name for agent in found} | {agent.id for agent in found}
    wrong = [
        Problem(
            f"The team has no agent “{name}”.",
            f"constraints.agents[{number}]",
            "Choose one of the list of agents.",
        )
        for number, name in enumerate(names)
        if name not in known
    ]
    if wrong:
        raise Invalid(wrong[0].message, problems=wrong)


async def _living(
    session: Session, team_id: str, names: Collection[str]
) -> Sequence[tuple[Agent, dict[str, Any]]]:
    profile: Any = AgentVersion.profile
    on = (col(AgentVersion.agent_id) == Agent.id) & (col(AgentVersion.number) == Agent.version)
    query = select(Agent, profile).join(AgentVersion, on)
    query = query.where(col(Agent.team_id) == team_id, col(Agent.terminated_at).is_(None))
    if names:
        query = query.where(or_(col(Agent.name).in_(names), col(Agent.id).in_(names)))
    return (await session.exec(query.order_by(col(Agent.name)).limit(MOST))).all()


async def _capabilities(
    session: Session, ids: Collection[str]
) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    query = select(AgentCapability).where(col(AgentCapability.agent_id).in_(list(ids)))
    can: dict[str, dict[str, float]] = {}
    steps: dict[str, int] = {}
    for one in (await session.exec(query)).all():
        can.setdefault(one.agent_id, {})[one.name] = one.proficiency
        steps[one.agent_id] = max(steps.get(one.agent_id, 0), one.steps)
    return can, steps


async def _busy(session: Session, ids: Collection[str]) -> Mapping[str, float]:
    """Seconds of the steps that ask each at this moment, by how long its steps took."""
    opened: Any = func.sum(case((col(AgentStep.counted_at).is_(None), 1), else_=0))
    usual: Any = func.avg(AgentStep.ms)
    query = (
        select(AgentStep.agent_id, opened, usual)
        .where(col(AgentStep.agent_id).in_(list(ids)))
        .group_by(col(AgentStep.agent_id))
    )
    rows = (await session.exec(query)).all()
    return {agent_id: count * (float(ms) / 1000 if ms else A_STEP) for agent_id, count, ms in rows if count}


def _member(agent: Agent, profile: AgentProfile, can: dict[str, float]) -> Member:
    return Member(
        id=agent.id,
        name=agent.name,
        role=agent.role,
        model=profile.model,
        capabilities=can,
        at_once=AT_ONCE,
        does=effects(profile),
    )


def effects(profile: AgentProfile) -> tuple[Effect, ...]:
    """What the agent's tools do to the world; a tool of a server reaches outside."""
    known = all_tools()
    found: set[Effect] = {effect for name in profile.tools if name in known for effect in known[name].effects}
    if any(is_name(name) for name in profile.tools):
        found.add("external")
    return tuple(sorted(found))


def priced(members: Sequence[Member], tasks: Sequence[Task]) -> tuple[Member, ...]:
    """With what an hour of each costs, at the rate of tokens that the tasks are reckoned to take."""
    work = [task for task in tasks if task.kind == "work"]
    seconds = sum(task.seconds for task in work)
    tokens = 3600 * sum(task.tokens for task in work) / seconds if seconds else 0.0
    return tuple(_priced(one, round(tokens)) for one in members)


def _priced(one: Member, tokens: int) -> Member:
    """A model of this installation costs nothing unless the table says so; of others an unknown price is no price."""
    read = round(tokens * _READ)
    cost = prices.cost(one.model, read, tokens - read)
    free = one.model.startswith(("scripted/", "openvino:"))
    return one.model_copy(update={"cost_per_hour": cost or 0.0, "priced": cost is not None or free})
