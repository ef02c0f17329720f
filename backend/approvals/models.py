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
