"""What the writer stores: plain rows, and the unit in which they stand or fall together."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.engine.ports import NewEvent, StepId

NO_STEP = StepId("")


class Fenced(Exception):
    """Another claim of the run has been made since: nothing of this one may be written any more."""


class SignalArrived(Exception):
    """Something the run waits for was sent at the very moment it wanted to go to sleep."""


class StoreLost(Exception):
    """The database did not take a batch; the run goes on from its rows once it is claimed again."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A finished visit, its values already as JSON text."""

    node_id: str
    path: str
    visit: int
    status: str
    attempt: int
    port: str | None
    input: str | None
    output: str | None
    error: str | None
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A LangGraph checkpoint, serialized."""

    ns: str
    checkpoint_id: str
    parent_id: str | None
    type: str
    data: bytes
    about: str


@dataclass(frozen=True, slots=True)
class WriteRow:
    """A LangGraph task's pending write, serialized. LangGraph's special channels have negative indexes and overwrite."""

    ns: str
    checkpoint_id: str
    task_id: str
    idx: int
    task_path: str
    channel: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the run's own row. `unless_inbox` refuses it when one of these keys has arrived."""

    status: str
    output: str | None = None
    error: str | None = None
    wake_at: datetime | None = None
    finished: bool = False
    unless_inbox: tuple[str, ...] = ()


@dataclass(slots=True)
class Commit:
    """Everything that one moment of one run writes; all of it or nothing. Without a token nothing is fenced."""

    run_id: str
    team_id: str
    token: int | None
    at: datetime
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    steps: list[StepRow] = field(default_factory=list[StepRow])
    blobs: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    checkpoints: list[CheckpointRow] = field(default_factory=list[CheckpointRow])
    writes: list[WriteRow] = field(default_factory=list[WriteRow])
    change: Change | None = None
    first_seq: int = 0  # the number of the first event, given by the transaction


def wire_form(commit: Commit) -> list[dict[str, Any]]:
    """The stored events as `runs.schemas.Event` reads them."""
    return [_event(commit, event, seq) for seq, event in enumerate(commit.events, commit.first_seq)]


def _event(commit: Commit, event: NewEvent, seq: int) -> dict[str, Any]:
    step = event.step or NO_STEP
    return {
        "run_id": commit.run_id,
        "seq": seq,
        "at": (event.at or commit.at).isoformat().replace("+00:00", "Z"),
        "kind": event.kind,
        "node_id": step.node_id or None,
        "path": step.path,
        "visit": step.visit,
        "attempt": event.attempt,
        "data": dict(event.data),
    }
