"""The shapes of approvals on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core.plain_text import PlainText
from backend.nodes.kind import Priority
from backend.runs.asked import Spent
from backend.runs.schemas import REDACTED

Verdict = Literal["approved", "rejected", "expired", "withdrawn"]
ApprovalStatus = Literal["open", "approved", "rejected", "expired", "withdrawn", "closed"]
"""`withdrawn`: what it was about is not to be done any more; `closed`: the run ended before anybody decided."""


Scope = Literal["all", "mine", "groups"]
"""`mine`: asked by name; `groups`: asked since one has a role."""
NoteKind = Literal["comment", "asked", "answered", "delegated", "escalated", "reminded", "approved", "edited"]


class DecisionPublic(BaseModel):
    """The one answer."""

    verdict: Verdict
    values: JsonValue = None
    comment: str
    decided_by: str
    decided_by_name: str
    at: datetime


class Said(BaseModel):
    """An entry of the thread; nobody is the time that has come."""

    kind: NoteKind
    text: str
    by: str
    by_name: str
    to: str
    to_name: str
    at: datetime


class Named(BaseModel):
    """A member by name."""

    account_id: str
    name: str


class Earlier(BaseModel):
    """How the same node's question was decided in another run."""

    approval_id: str
    run_id: str
    title: str
    verdict: Verdict
    comment: str
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
    priority: Priority = "normal"
    needed: int = Field(default=1, description="So many different people must approve.")
    approved_by: list[Named] = Field(default=[], description="Who has approved what is asked now.")
    members: list[Named] = Field(default=[], description="Where there are any, only they decide.")
    delegated_to: list[Named] = []
    info_from: Named | None = Field(default=None, description="Who was asked and has not answered.")
    escalated: bool = False
    escalate_at: datetime | None = None
    escalate_to: list[str] = []
    redacted: bool = Field(default=False, description=REDACTED)
    decision: DecisionPublic | None = None


class ApprovalDetail(ApprovalPublic):
    """The same with its thread, and how the same was decided before."""

    thread: list[Said] = []
    spent: Spent | None = Field(
        default=None, description="What the models of the run have taken so far; null where none was asked."
    )
    earlier: list[Earlier] = []


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


class Words(BaseModel):
    """Something to say."""

    model_config = ConfigDict(extra="forbid")
    text: PlainText = Field(min_length=1, max_length=10_000)


class AskingBack(Words):
    """A question to a member."""

    to: PlainText = Field(
        default="", max_length=100, description="`account_id`; empty means who started the run."
    )


class Delegating(BaseModel):
    """Who is to decide in one's place, and why."""

    model_config = ConfigDict(extra="forbid")
    to: PlainText = Field(min_length=1, max_length=100, description="The `account_id` of a member.")
    text: PlainText = Field(default="", max_length=10_000)


class Escalating(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    text: PlainText = Field(default="", max_length=10_000)
