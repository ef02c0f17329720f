"""The shapes of dead letters on the wire."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from backend.core.plain_text import PlainText
from backend.runs.schemas import REDACTED, RunStatus

Reason = Literal["poison", "unreadable", "compensation", "event"]
Status = Literal["open", "redriven", "discarded"]
MOST_AT_ONCE = 200
Version = Field(
    default=None,
    max_length=100,
    description="For runs that are retried: `published`, `draft` or a version's id; none means the same.",
)
Note = Field(min_length=1, max_length=2000, description="Why, for those who look later.")


@dataclass(frozen=True)
class Given:
    """A value that was given, null among them."""

    value: JsonValue


Edited = Given | None


class OpenSaga(BaseModel):
    """A saga that was begun and neither finished nor undone; `standing` names what it did and nobody has undone."""

    node_id: str
    path: str
    visit: int
    name: str
    standing: list[str]


class LetterPublic(BaseModel):
    """Something of a run, or an event, that the product gave up, why, and what became of it."""

    id: str
    run_id: str | None = Field(description="None for an event that began no run.")
    run_status: RunStatus | None
    workflow_id: str
    workflow_name: str
    node_id: str | None
    reason: Reason
    title: str = Field(description="The reason in words.")
    advice: str = Field(description="What to do, and what a redrive does.")
    message: str
    status: Status
    created_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closed_by_name: str
    note: str | None
    new_run_id: str | None = Field(description="The run that a redrive has made.")
    redacted: bool = Field(default=False, description=REDACTED)


class LetterDetail(LetterPublic):
    """One letter with everything that is known."""

    details: dict[str, Any] | None
    open_sagas: list[OpenSaga]


class LetterPage(BaseModel):
    """A page of letters, newest first, and how many are open in all, by their reason."""

    items: list[LetterPublic]
    open_count: int
    open_by_reason: dict[Reason, int]
    next_cursor: str | None


class LetterFilter(BaseModel):
    """Which letters are meant; empty fields do not restrict."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    status: Status | None = None
    reason: Reason | None = None
    workflow: PlainText | None = Field(default=None, max_length=200, description="Id or slug.")
    run: PlainText | None = Field(default=None, max_length=100)
    text: PlainText = Field(
        default="", max_length=200, description="In the id, run, node, workflow or message."
    )


class Redriving(BaseModel):
    """How one letter is redriven."""

    model_config = ConfigDict(extra="forbid")
    version: PlainText | None = Version
    input: JsonValue = Field(
        default=None,
        description="Another input, where it is given: all is played from the start, with the same idempotency keys.",
    )

    @property
    def edited(self) -> Edited:
        """The input, where there is one."""
        return Given(self.input) if "input" in self.model_fields_set else None


class Discarding(BaseModel):
    """Why one letter is discarded."""

    model_config = ConfigDict(extra="forbid")
    note: PlainText = Note


class _Many(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ids: list[PlainText] | None = Field(default=None, min_length=1, max_length=MOST_AT_ONCE)
    filter: LetterFilter | None = Field(
        default=None, description=f"The oldest open letters that match, at most {MOST_AT_ONCE}."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "_Many":
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or a filter")
        return self


class RedriveMany(_Many):
    """Which letters to redrive, and how fast."""

    version: PlainText | None = Version
    per_minute: float | None = Field(
        default=None, gt=0, le=6000, description="So many runs begin a minute; none means all at once."
    )


class DiscardMany(_Many, Discarding):
    """Which letters to discard."""


class Answer(BaseModel):
    """What happened to one letter of many. `already`: somebody else had done it before; `refused`: `message` says why."""

    id: str
    outcome: Literal["redriven", "discarded", "already", "refused"]
    new_run_id: str | None = None
    message: str = ""
    fix: str = ""


class Answers(BaseModel):
    """What happened to each letter, and how many more the filter matches that are still open."""

    items: list[Answer]
    left: int = 0
