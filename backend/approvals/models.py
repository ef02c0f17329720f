"""Tables of approvals: the question a run asks people, and the one decision that answers it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class Approval(SQLModel, table=True):
    """A question, bound by `arguments_hash` to exactly what people are shown."""

    __table_args__ = (UniqueConstraint("run_id", "node_id", "path", "visit"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    workflow_id: str = Field(foreign_key="workflow.id")
    node_id: str
    path: str = ""
    visit: int = 1
    title: str
    message: str = ""
    form: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    proposal: Any = Field(default=None, sa_column=Column(Json))
    arguments_hash: str
    requested_by: str
    roles: list[str] = Field(sa_column=Column(Json, nullable=False))
    exclude_requester: bool = False
    status: str = Field(default="open", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    asked_hash: str = ""
    """The hash when the step asked: an edited proposal has another one."""
    members: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """Ids of accounts; where there are any, only they decide."""
    delegated: list[dict[str, str]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """`{"from": …, "to": …}`, ids of accounts, in their order."""
    needed: int = 1
    priority: str = "normal"
    hours: str = ""
    mail: bool = True
    remind_every: float | None = None
    remind_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    escalate_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    escalate_to: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    escalated: bool = False
    info_from: str = ""
    """The account that was asked for information and has not answered."""


class Vote(SQLModel, table=True):
    """What one person said; it counts while what they were shown is still what is asked."""

    __tablename__ = "approval_vote"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("approval_id", "account_id"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    approval_id: str = Field(foreign_key="approval.id", index=True)
    account_id: str
    arguments_hash: str
    at: datetime = Field(sa_type=UtcDateTime)


class Note(SQLModel, table=True):
    """An entry of the thread under a question: a comment, or what was done with the question."""

    __tablename__ = "approval_note"  # pyright: ignore[reportAssignmentType]
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    approval_id: str = Field(foreign_key="approval.id", index=True)
    kind: str
    text: str = ""
    by: str = ""
    to: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class Decision(SQLModel, table=True):
    """The answer; unique per approval, so that of two clicks one wins."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    approval_id: str = Field(foreign_key="approval.id", unique=True)
    verdict: str
    values: Any = Field(default=None, sa_column=Column(Json))
    comment: str = ""
    decided_by: str
    at: datetime = Field(sa_type=UtcDateTime)
