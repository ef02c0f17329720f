"""Tables of evaluation: sets of cases of a workflow, evaluations of a version, and what each case came to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class EvaluationSet(SQLModel, table=True):
    """Cases of a workflow under a name; `checks` are made of every case."""

    __tablename__ = "evaluation_set"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("workflow_id", "name"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    workflow_id: str = Field(foreign_key="workflow.id", index=True)
    name: str
    description: str = ""
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class EvaluationCase(SQLModel, table=True):
    """An input and what is to come of it; `wish` is a `schemas.CaseWish`."""

    __tablename__ = "evaluation_case"  # pyright: ignore[reportAssignmentType]
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    set_id: str = Field(foreign_key="evaluation_set.id", index=True)
    place: int
    wish: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    from_run_id: str | None = None  # runs go with time, cases stay
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Evaluation(SQLModel, table=True):
    """A version that is played with every case of a set, in the name and with the roles of whoever began it."""

    __table_args__ = (Index("evaluation_of_set", "set_id", "id"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    set_id: str = Field(foreign_key="evaluation_set.id")
    workflow_id: str = Field(foreign_key="workflow.id", index=True)
    version_id: str = Field(foreign_key="version.id", index=True)
    status: str = Field(default="running", index=True)
    cases: int = 0
    passed: int = 0
    score: float | None = None
    started_by: str
    roles: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EvaluationResult(SQLModel, table=True):
    """One case of an evaluation as it was then, and how far it is: `open`, `playing`, `done`.

    A worker that takes one sets `look_at` ahead; what a worker that died had taken is due again after that.
    """

    __tablename__ = "evaluation_result"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("evaluation_result_due", "status", "look_at"),)
    evaluation_id: str = Field(foreign_key="evaluation.id", primary_key=True)
    place: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    case_id: str
    wish: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    status: str = "open"
    look_at: datetime = Field(sa_type=UtcDateTime)
    played_run_id: str | None = None  # runs go with time, scores stay
    too_long_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered: int = 0
    ended: str | None = None
    score: float | None = None
    passed: bool | None = None
    scores: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    reason: str = ""
    seconds: float | None = None
    tokens: int = 0
    cost: float | None = None
