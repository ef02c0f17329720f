"""Tables of alarms: what a team wants to be told of, and when it was."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class AlarmRule(SQLModel, table=True):
    """One thing to look for, in one workflow or in all, and whom to tell."""

    __tablename__ = "alarm_rule"  # pyright: ignore[reportAssignmentType]
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    workflow_id: str | None = Field(default=None, foreign_key="workflow.id")
    kind: str
    threshold: float
    minutes: int = 60
    mail_to: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    webhook: str = ""
    webhook_format: str = "json"
    quiet_minutes: int = 60
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    look_at: datetime = Field(sa_type=UtcDateTime, index=True)
    is_raised: bool = False
    message: str = ""
    raised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
