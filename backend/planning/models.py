"""Tables of plans: the goal with where it stands, and every version of its plan."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class Plan(SQLModel, table=True):
    """A goal of the team. `version` is the newest plan for it; `accepted_version` the one that became the workflow."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    title: str
    goal: str
    state: str = "proposed"  # proposed, impossible or accepted; see `planning.schemas.State`
    version: int = 1
    accepted_version: int | None = None
    workflow_id: str | None = Field(default=None, foreign_key="workflow.id", index=True)
    policy: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))  # see `watching.policy`
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class PlanVersion(SQLModel, table=True):
    """A plan as it was made: a `planning.plan.TeamPlan`. `agents` says which agents members are, `nodes` where their tasks are drawn."""

    __tablename__ = "plan_version"  # pyright: ignore[reportAssignmentType]
    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    number: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    body: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    nodes: dict[str, str] | None = Field(default=None, sa_column=Column(Json))  # task to node, once accepted
    agents: dict[str, str] | None = Field(
        default=None, sa_column=Column(Json)
    )  # member to agent, once accepted
    reason: str = ""
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
