"""The shapes of notifications on the wire, and of what other domains tell."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.core.plain_text import PlainText

NotificationKind = Literal["mention", "reply", "approval", "alarm"]
MAX_TITLE, MAX_TEXT = 200, 500


@dataclass(frozen=True)
class Notice:
    """What somebody is told: one sentence, a few words of it, and the path of ours where it is."""

    kind: NotificationKind
    about: str
    title: str
    link: str
    text: str = ""


class NotificationPublic(BaseModel):
    """One notification of the caller's."""

    id: str
    kind: NotificationKind
    about: str = Field(description="What it is about; the same cause is told once.")
    title: str
    text: str
    link: str = Field(description="A path of this product.")
    created_at: datetime
    read_at: datetime | None


class NotificationPage(BaseModel):
    """Newest first; `unread_count` counts all that the caller has not read."""

    items: list[NotificationPublic]
    unread_count: int
    next_cursor: str | None


class Reading(BaseModel):
    """Which notifications are read now; without ids all of them."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[PlainText], Field(max_length=200)] | None = None


class Unread(BaseModel):
    """How many are left."""

    unread_count: int
