"""Tables of a team's agents: the agent, its versions, what it can, the states it went through, and the steps that asked it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime

_LIVING = text("terminated_at IS NULL")


class Agent(SQLModel, table=True):
    """A colleague that is no person. Its name is its own until it is terminated; `version` is the profile it works by."""

    __table_args__ = (
        Index("agent_name", "team_id", "name", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
    )
    id: str = Field(primary_key=True)  # AGENT-YYYYMMDD-HHMMSS-NNNN-XXXX
    team_id: str = Field(foreign_key="team.id", index=True)
    name: str
    role: str
    state: str = "created"
    version: int = 1
    problems: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(Json))
    transitions: int = 0
    last_outcome: str = ""  # of the step that ended last: completed or failed
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    terminated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AgentVersion(SQLModel, table=True):
    """An immutable profile, with who wrote it and why."""

    __tablename__ = "agent_version"  # pyright: ignore[reportAssignmentType]
    agent_id: str = Field(foreign_key="agent.id", primary_key=True)
    number: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    profile: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    reason: str = ""
    restored_from: int | None = None
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class AgentCapability(SQLModel, table=True):
    """Something the agent can: how well somebody said, how well its outcomes say; see `agents.proficiency`."""

    __tablename__ = "agent_capability"  # pyright: ignore[reportAssignmentType]
    agent_id: str = Field(foreign_key="agent.id", primary_key=True)
    name: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    stated: float
    proficiency: float
    good: float = 0.0
    weight: float = 0.0
    steps: int = 0
    succeeded: int = 0
    outcomes: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    updated_at: datetime = Field(sa_type=UtcDateTime)


class AgentTransition(SQLModel, table=True):
    """The agent came from one state into another."""

    __tablename__ = "agent_transition"  # pyright: ignore[reportAssignmentType]
    agent_id: str = Field(foreign_key="agent.id", primary_key=True)
    number: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    from_state: str
    to_state: str
    why: str = ""


class AgentStep(SQLModel, table=True):
    """A step of a run asked the agent; `counted_at` is set once, when its outcome became evidence."""

    __tablename__ = "agent_step"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        ForeignKeyConstraint(["agent_id", "version"], ["agent_version.agent_id", "agent_version.number"]),
        Index("agent_step_by_agent", "agent_id", "began_at"),
        Index("agent_step_uncounted", "counted_at", "began_at"),
    )
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    node_id: str = Field(primary_key=True)
    path: str = Field(default="", primary_key=True)
    visit: int = Field(default=1, primary_key=True)
    agent_id: str = Field(primary_key=True)
    version: int
    team_id: str = Field(foreign_key="team.id", index=True)
    began_at: datetime = Field(sa_type=UtcDateTime)
    counted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str = ""  # succeeded, failed, or stopped: then it counts for nothing
    ms: float | None = None
    score: float | None = None
