"""A step asks an agent: which version it gets, and the row that says so; the same answer however often it asks."""

from dataclasses import dataclass

from backend.agents import moving, repository, validation
from backend.agents.models import Agent
from backend.core import clock, once
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound
from backend.nodes.agent_profile import AgentProfile

_KEY = ("run_id", "node_id", "path", "visit", "agent_id")


class NoSuchAgent(NotFound):
    """The team has no agent of that name."""

    code, title = "no_such_agent", "There is no such agent"


class CannotWork(Invalid):
    """The agent is terminated, or its profile does not hold."""

    code, title = "agent_cannot_work", "The agent cannot work"


@dataclass(frozen=True)
class Place:
    """The step that asks."""

    run_id: str
    node_id: str
    path: str
    visit: int


@dataclass(frozen=True)
class Asked:
    """The agent as this run knows it."""

    profile: AgentProfile
    agent_id: str
    version: int


async def ask(session: Session, team_id: str, place: Place, name: str) -> Asked:
    """The agent for this step: a run keeps the version that it asked first. The agent executes from now on."""
    agent = await repository.locked(session, team_id, name)
    if agent is None:
        raise missing(name)
    if agent.terminated_at is not None:
        raise ended(agent)
    first = await repository.first_version(session, place.run_id, agent.id)
    number = first or agent.version
    version = await repository.version(session, agent.id, number)
    if version is None:
        raise missing(name)
    profile = AgentProfile.model_validate(version.profile)
    if first is None:
        _require_sound(agent)
    where = (place.run_id, place.node_id, place.path, place.visit)
    if await once.insert(session, repository.step(team_id, agent, number, where, clock.now()), unique=_KEY):
        await _execute(session, agent)
    return Asked(profile, agent.id, number)


def missing(name: str) -> NoSuchAgent:
    """The refusal of a name that nobody has."""
    return NoSuchAgent(
        f"There is no agent called “{name}”.", fix="Make it under Agents, or name another in the node."
    )


def ended(agent: Agent) -> CannotWork:
    """The refusal of an agent that was terminated."""
    return CannotWork(f"The agent “{agent.name}” was terminated.", fix="Name another agent in the node.")


def _require_sound(agent: Agent) -> None:
    for problem in agent.problems or ():
        raise CannotWork(f"The agent “{agent.name}” cannot work: {problem['message']}", fix=problem["fix"])


async def _execute(session: Session, agent: Agent) -> None:
    """A failed agent is validated again first, as the table of its states wants."""
    if agent.state == "failed":
        present = await repository.version(session, agent.id, agent.version)
        found = validation.problems(AgentProfile.model_validate(present.profile)) if present else []
        await moving.make_ready(session, agent, found, "asked again")
        if found:
            _require_sound(agent)
    if agent.state != "executing":
        await moving.move(session, agent, "executing", "a step asks it")
