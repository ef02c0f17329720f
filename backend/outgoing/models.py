"""The table of what leaves: written with what it tells of, sent by workers, at least once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class Outgoing(SQLModel, table=True):
    """An e-mail or a call of a webhook; `key` is unique, so that one occasion gives one message."""

    __table_args__ = (Index("outgoing_due", "status", "next_at"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    key: str = Field(unique=True)
    sort: str
    address: str
    subject: str = ""
    text: str = ""
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    status: str = "waiting"
    attempts: int = 0
    error: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
