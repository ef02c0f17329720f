"""Tables of the watch over runs of plans: which run is compared with which plan, where it left it, and what was done about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class PlanRun(SQLModel, table=True):
    """A run of an accepted plan, with the version that was accepted when it was first seen."""

    __tablename__ = "plan_run"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("plan_run_to_look_at", "is_over", "looked_at"),)
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    version: int
    forecast: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    is_over: bool = False
    looked_at: datetime = Field(sa_type=UtcDateTime)


class PlanDeviation(SQLModel, table=True):
    """A difference between a run and its plan, told once."""

    __tablename__ = "plan_deviation"  # pyright: ignore[reportAssignmentType]
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    kind: str = Field(primary_key=True)
    task: str = Field(default="", primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    severity: str
    message: str
    measured: float | None = None
    expected: float | None = None
    at: datetime = Field(sa_type=UtcDateTime)


class PlanAdaptation(SQLModel, table=True):
    """What could be done about it, and what was: `kind` is reallocate, replan or ask."""

    __tablename__ = "plan_adaptation"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("plan_adaptation_under_way", "state", "follow"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    kind: str
    state: str = "proposed"  # proposed, done, dismissed or failed
    reason: str
    outcome: str = ""
    version: int | None = None  # of the plan, that came of it
    created_at: datetime = Field(sa_type=UtcDateTime)
    by_policy: bool = False  # it is, or was, performed without asking
    left_why: str = ""  # what keeps the policy from performing it
    follow: str = ""  # the run on its way to the version: pausing, followed, over or failed
    resumes: bool = True  # nobody else had paused it
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
