"""The table of dead letters: what was given up, why, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class DeadLetter(SQLModel, table=True):
    """A run, one compensation of it, or an event that should begin one, that the product could not bring to an end."""

    __tablename__ = "dead_letter"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("dead_letter_of_team", "team_id", "status", "id"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    run_id: str | None = Field(default=None, foreign_key="run.id", index=True)
    workflow_id: str | None = Field(default=None, foreign_key="workflow.id")  # of an event, which has no run
    node_id: str | None = None
    path: str = ""
    visit: int = 1
    reason: str
    message: str
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    status: str = "open"
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = None
    note: str | None = None
    new_run_id: str | None = None
