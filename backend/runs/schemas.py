"""The shapes of runs on the wire: what REST answers, and the event that both sockets carry."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, computed_field

from backend.core import tracing
from backend.core.plain_text import PlainText
from backend.core.queue import Priority
from backend.nodes.fields import OwnTopic

RunStatus = Literal[
    "queued", "running", "waiting_person", "waiting_event", "waiting_time", "retrying", "paused",
    "succeeded", "failed", "cancelled",
]  # fmt: skip
Shown = Literal["recovering", "timed_out", "warnings"]
"""What people read in place of a status that does not tell it: queued again after its worker died; failed by a time limit;
succeeded although a step had failed."""
State = RunStatus | Shown
REDACTED = "The values are hidden from the caller's role, which lacks `run.payload`."
TERMINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})
ENDS = frozenset(f"run.{status}" for status in TERMINAL)
"""The events that tell of a run's end."""


class Event(BaseModel):
    """One event of a run. `seq` counts 1, 2, 3 … without a hole; volatile events have none."""

    model_config = ConfigDict(extra="forbid")
    run_id: str
    seq: int | None
    at: datetime
    kind: str
    node_id: str | None = None
    path: str = ""
    visit: int = 1
    attempt: int = 1
    data: dict[str, Any] = {}


class VisitPublic(BaseModel):
    """One visit of one node, with what it got and gave."""

    node_id: str
    path: str
    visit: int
    status: str
    port: str | None
    input: JsonValue = None
    output: JsonValue = None
    error: dict[str, Any] | None = None
    redacted: bool = Field(default=False, description=REDACTED)
    started_at: datetime
    finished_at: datetime | None


class StepPublic(VisitPublic):
    """A visit as the run's history has it."""

    attempt: int


class RunPublic(BaseModel):
    """A run as lists and pages show it."""

    id: str
    workflow_id: str
    workflow_name: str
    version_id: str
    version_number: int | None
    status: RunStatus
    shown_as: Shown | None = Field(
        default=None,
        description="Queued again after its worker died; failed by a time limit; succeeded although a step had failed.",
    )
    trigger: str
    started_by: str
    input: JsonValue = None
    output: JsonValue = None
    error: dict[str, Any] | None = None
    redacted: bool = Field(default=False, description=REDACTED)
    last_seq: int
    bytes: int = 0  # about what it takes in the database
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    priority: Priority = "normal"
    cancel_requested: bool
    pause_requested: bool
    parent_run_id: str | None = Field(default=None, description="The run whose step waits for this one.")
    parent_step: dict[str, Any] | None = Field(default=None, description="That step.")
    forked_from_run_id: str | None = None
    forked_at: dict[str, Any] | None = Field(default=None, description="The step it was played anew from.")
    edits: list[dict[str, Any]] = Field(default=[], description="The steps that were given other outputs.")
    modes: dict[str, str] = Field(
        default={}, description="Live, recorded or mocked, by node; `*` for the rest."
    )
    diverged: dict[str, Any] | None = Field(default=None, description="Where a replay first differs.")
    breakpoints: "Breakpoints | None" = Field(default=None, description="Where it stops.")
    worker_id: str | None = Field(default=None, description="Who plays it now.")

    @computed_field(description="The W3C trace id that its steps send to the addresses they ask.")
    @property
    def trace_id(self) -> str:
        """Made of the run's id."""
        return tracing.trace_id(self.id)


class Breakpoints(BaseModel):
    """The ids of the nodes before and after which a run stops."""

    model_config = ConfigDict(extra="forbid")
    before: list[PlainText] = Field(default=[], max_length=200)
    after: list[PlainText] = Field(default=[], max_length=200)


class CancelRun(BaseModel):
    """How a run is to be ended. None of it is needed."""

    model_config = ConfigDict(extra="forbid")
    note: PlainText = Field(default="", max_length=500, description="Why; it stands in the history.")
    now: bool = Field(
        default=False,
        description="End it at once: no step gets a moment more, and no saga is undone. It takes a note.",
    )


class RunPage(BaseModel):
    """A page of the list, newest first; `next_cursor` is None on the last one."""

    items: list[RunPublic]
    next_cursor: str | None


class StepPage(BaseModel):
    """Every visit of a node so far."""

    items: list[StepPublic]


class EventPage(BaseModel):
    """History rows after a number; ask again with `after=last_seq` until `more` is false."""

    items: list[Event]
    last_seq: int
    more: bool


class SendSignal(BaseModel):
    """What a signal is: the name and key that a step waits for, and what it gets."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=100)
    key: PlainText = Field(default="", max_length=200)
    payload: JsonValue = None


class SignalPublic(BaseModel):
    """A signal that is stored; `repeated` says that it was before."""

    id: str
    run_id: str
    name: str
    key: str
    at: datetime
    repeated: bool


class SendEvent(BaseModel):
    """An event for the whole team: the topic and key that runs wait for, and what they get."""

    model_config = ConfigDict(extra="forbid")
    topic: OwnTopic = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=100)
    key: PlainText = Field(default="", max_length=200)
    payload: JsonValue = None


class EventPublic(BaseModel):
    """An event of the team that is stored; `repeated` says that it was before."""

    id: str
    topic: str
    key: str
    at: datetime
    repeated: bool


class StartRun(BaseModel):
    """What a start sends. `version` is `published`, `draft` or the id of a version; none means published, else draft."""

    model_config = ConfigDict(extra="forbid")
    input: JsonValue = None
    version: PlainText | None = Field(default=None, max_length=100)
    priority: Priority | None = Field(
        default=None, description="Which of the waiting runs comes first; none means as its workflow says."
    )
