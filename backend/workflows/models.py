"""Tables of workflows: the saved thing, its versions, and the update log of its draft."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class Workflow(SQLModel, table=True):
    """What a team saves under a name; `slug` is what people type (`quadrille run support-triage`)."""

    __table_args__ = (UniqueConstraint("team_id", "slug"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    slug: str
    name: str
    description: str = ""
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    edited_by: str = ""
    edited_at: datetime = Field(sa_type=UtcDateTime)
    published_version_id: str | None = None
    archived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    starts_paused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # see `pausing`


class Version(SQLModel, table=True):
    """An immutable diagram; every run is pinned to one.

    Published ones have a `number`. Others have a `name` that somebody gave them, or are snapshots of drafts that were run.
    """

    __table_args__ = (
        UniqueConstraint("workflow_id", "number"),
        UniqueConstraint("workflow_id", "digest", "number"),
    )
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    workflow_id: str = Field(foreign_key="workflow.id", index=True)
    number: int | None = None
    digest: str = Field(index=True)
    diagram: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    message: str = ""
    name: str = ""
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class DraftUpdate(SQLModel, table=True):
    """One Yjs update of a draft; `compacted` rows hold the whole document up to `number`."""

    __tablename__ = "draft_update"  # pyright: ignore[reportAssignmentType]
    workflow_id: str = Field(foreign_key="workflow.id", primary_key=True)
    number: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    compacted: bool = False
    by: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class EventTrigger(SQLModel, table=True):
    """An event, or a time, that begins runs of a published workflow, as its start says."""

    __tablename__ = "event_trigger"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("event_trigger_by_topic", "team_id", "topic"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    workflow_id: str = Field(foreign_key="workflow.id", index=True)
    topic: str
    type: str = ""  # empty: every type
    config: dict[str, Any] = Field(
        sa_column=Column(Json, nullable=False)
    )  # see `nodes.beginnings`, `.schedules`
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)  # of a time: the next one
    created_by: str  # whoever published it; the runs are theirs
