"""Agents as callers see them."""

from collections.abc import Mapping
from typing import Any

from backend.agents.models import Agent, AgentCapability, AgentTransition, AgentVersion
from backend.agents.schemas import (
    AgentProblem,
    AgentPublic,
    CapabilityPublic,
    Outcome,
    TransitionPublic,
    VersionPublic,
)
from backend.nodes.agent_profile import AgentProfile


def public(agent: Agent, profile: Mapping[str, Any]) -> AgentPublic:
    """An agent in a list."""
    return AgentPublic(
        id=agent.id,
        name=agent.name,
        role=agent.role,
        goal=str(profile.get("goal") or ""),
        model=str(profile.get("model") or ""),
        state=agent.state,  # pyright: ignore[reportArgumentType] - checked by pydantic
        version=agent.version,
        problems=[AgentProblem.model_validate(one) for one in agent.problems or ()],
        created_at=agent.created_at,
        changed_at=agent.changed_at,
    )


def capability(row: AgentCapability) -> CapabilityPublic:
    """What an agent can."""
    return CapabilityPublic(
        name=row.name,
        stated=row.stated,
        proficiency=row.proficiency,
        steps=row.steps,
        succeeded=row.succeeded,
        outcomes=[Outcome.model_validate(one) for one in row.outcomes],
    )


def transition(row: AgentTransition) -> TransitionPublic:
    """A change of state."""
    return TransitionPublic.model_validate(row.model_dump())


def version(row: AgentVersion, names: Mapping[str, str], current: int) -> VersionPublic:
    """A version, with the name of whoever wrote it."""
    return VersionPublic(
        number=row.number,
        profile=AgentProfile.model_validate(row.profile),
        reason=row.reason,
        restored_from=row.restored_from,
        by=names.get(row.created_by, "Somebody who has left"),
        at=row.created_at,
        current=row.number == current,
    )
