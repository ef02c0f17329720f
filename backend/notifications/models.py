"""The table of notifications: what happened somewhere else and concerns one person."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import UtcDateTime


class Notification(SQLModel, table=True):
    """One row a person and a cause: `about` names the cause, so that nobody is told of it twice."""

    __table_args__ = (
        UniqueConstraint("team_id", "account_id", "about"),
        Index("ix_notification_unread", "account_id", "team_id", "read_at"),
    )
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    account_id: str = Field(foreign_key="account.id")
    kind: str
    about: str
    title: str
    text: str = ""
    link: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
