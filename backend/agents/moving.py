"""Moves agents from state to state, and keeps a record of every way they went."""

from collections.abc import Sequence

from backend.agents import lifecycle
from backend.agents.lifecycle import State
from backend.agents.models import Agent, AgentTransition
from backend.core import clock
from backend.core.db import Session
from backend.core.errors import Problem
from backend.outgoing import news, topics


async def move(session: Session, agent: Agent, wanted: State, why: str = "") -> None:
    """Into the next state, which the table must allow; the caller holds the agent."""
    lifecycle.require(agent.name, agent.state, wanted)
    agent.transitions += 1
    row = AgentTransition(
        agent_id=agent.id,
        number=agent.transitions,
        team_id=agent.team_id,
        at=clock.now(),
        from_state=agent.state,
        to_state=wanted,
        why=why,
    )
    told = {"agent_id": agent.id, "agent": agent.name, "from": agent.state, "to": wanted, "why": why}
    agent.state = wanted
    session.add_all((agent, row))
    await session.flush()
    await news.tell(session, agent.team_id, topics.AGENTS, f"agent.{wanted}", agent.name, told)


async def make_ready(session: Session, agent: Agent, problems: Sequence[Problem], why: str) -> None:
    """Through initializing and validating to ready; to failed, with the reasons, where something is wrong."""
    await move(session, agent, "initializing", why)
    await move(session, agent, "validating", f"version {agent.version}")
    agent.problems = [{"message": p.message, "place": p.place, "fix": p.fix} for p in problems] or None
    if problems:
        await move(session, agent, "failed", problems[0].message)
    else:
        await move(session, agent, "ready")
