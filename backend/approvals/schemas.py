"""The shapes of approvals on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core.plain_text import PlainText
from backend.runs.schemas import REDACTED

Verdict = Literal["approved", "rejected", "expired"]
ApprovalStatus = Literal["open", "approved", "rejected", "expired", "closed"]
"""`closed`: the run ended before anybody decided."""


class DecisionPublic(BaseModel):
    """The one answer."""

    verdict: Verdict
    values: JsonValue = None
    comment: str
    decided_by: str
    decided_by_name: str
    at: datetime


class ApprovalPublic(BaseModel):
    """A question with everything its decider must see; `arguments_hash` binds the decision to exactly that."""

    id: str
    run_id: str
    workflow_id: str
    workflow_name: str
    node_id: str
    path: str
    visit: int
    title: str
    message: str
    form: dict[str, Any]
    proposal: JsonValue = None
    arguments_hash: str
    requested_by: str
    requested_by_name: str
    roles: list[str]
    exclude_requester: bool
    status: ApprovalStatus
    created_at: datetime
    expires_at: datetime | None
    may_decide: bool
    redacted: bool = Field(default=False, description=REDACTED)
    decision: DecisionPublic | None = None


class ApprovalPage(BaseModel):
    """A page of approvals, newest first, and how many are open in all."""

    items: list[ApprovalPublic]
    open_count: int
    next_cursor: str | None


class Deciding(BaseModel):
    """What a decider sends; `arguments_hash` is the one they were shown."""

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["approved", "rejected"]
    values: JsonValue = None
    comment: PlainText = Field(default="", max_length=10_000)
    arguments_hash: PlainText = Field(min_length=1, max_length=100)
