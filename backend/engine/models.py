"""Tables of LangGraph's checkpoints, written by the group-commit saver."""

from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from backend.core.columns import Json


class Checkpoint(SQLModel, table=True):
    """One LangGraph checkpoint; the thread is the run."""

    thread_id: str = Field(primary_key=True)
    ns: str = Field(default="", primary_key=True)
    checkpoint_id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    parent_id: str | None = None
    type: str
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    about: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))  # LangGraph's metadata


class CheckpointWrite(SQLModel, table=True):
    """One pending write of a LangGraph task, beside the checkpoint it belongs to."""

    __tablename__ = "checkpoint_write"  # pyright: ignore[reportAssignmentType]
    thread_id: str = Field(primary_key=True)
    ns: str = Field(default="", primary_key=True)
    checkpoint_id: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
    idx: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    task_path: str = ""
    channel: str
    type: str
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
