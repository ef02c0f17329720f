"""What the writer stores: plain rows, and the unit in which they stand or fall together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal

from backend.engine import chunks
from backend.engine.ports import NewEvent, StepId
from backend.engine.values import dumps

NO_STEP = StepId("")
EVENT_BYTES, STEP_BYTES, BLOB_BYTES, CHECKPOINT_BYTES = 150, 250, 350, 250
"""What a row takes beside its values: names, moments, indexes."""

Wish = Literal["cancel", "pause"]
"""Of the members for a run that is played; it stands in the run's row until it has come true."""

PACKED_AT_ONCE = 64
"""What a step adds is packed; a great value that comes at once is not worth the time."""


class Fenced(Exception):
    """Another claim of the run has been made since: nothing of this one may be written any more."""


class SignalArrived(Exception):
    """Something the run waits for was sent at the very moment it wanted to go to sleep."""


class Steered(Exception):
    """At the very moment the run wanted to rest a member cancelled or paused it, or, without a wish, took a pause back."""

    def __init__(self, wish: Wish | None) -> None:
        super().__init__(wish)
        self.wish: Wish | None = wish


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
class Spent:
    """What a model's answer says of itself: tokens read and written, and dollars where its price was known."""

    model: str
    read: int
    wrote: int
    cost: float | None = None
    first_ms: float | None = None  # until the first piece of the answer


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What a try asked of the world and what it got, its values already as JSON text."""

    step: StepId
    attempt: int
    n: int
    kind: str
    digest: str
    result: str | None
    of_output: bool
    error: str | None
    request: str | None = None
    ms: float | None = None
    spent: Spent | None = None


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
class EventRow:
    """Something that a step tells the whole team; `payload` is JSON text."""

    id: str
    name: str
    key: str
    payload: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class CacheRow:
    """A result that equal steps of the team may take; the output is JSON text in its stored form."""

    key: str
    port: str | None
    output: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WaitRow:
    """A step's wait for an event."""

    step: StepId
    number: int
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a finished step leaves besides its own row."""

    told: list[EventRow]
    cached: list[CacheRow]
    effects: Sequence[EffectRow]
    diverged: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the run's own row. `unless_inbox` refuses it when one of these keys has arrived."""

    status: str
    output: str | None = None
    error: str | None = None
    wake_at: datetime | None = None
    finished: bool = False
    shown_as: str | None = None  # see `runs.schemas.Shown`
    unless_inbox: tuple[str, ...] = ()
    unless_signal: tuple[str, ...] = ()  # likewise a signal with one of these prefixes, …
    taken: frozenset[str] = frozenset()  # … which no step has received
    unless_wished: tuple[Wish, ...] = ()  # likewise a wish that the run has not heard of, …
    if_paused: bool = False  # … or that the pause, for which it rests, has been taken back


@dataclass(frozen=True, slots=True)
class LetterRow:
    """Something of the run that was given up, or, with a status, what people decided about it."""

    id: str
    reason: str
    step: StepId
    message: str = ""
    details: str = "{}"
    status: str = "open"
    by: str = ""


@dataclass(slots=True)
class Commit:
    """Everything that one moment of one run writes; all of it or nothing. Without a token nothing is fenced."""

    run_id: str
    team_id: str
    token: int | None
    at: datetime
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    steps: list[StepRow] = field(default_factory=list[StepRow])
    blobs: list[tuple[str, chunks.Piece]] = field(default_factory=list[tuple[str, chunks.Piece]])
    checkpoints: list[CheckpointRow] = field(default_factory=list[CheckpointRow])
    writes: list[WriteRow] = field(default_factory=list[WriteRow])
    told: list[EventRow] = field(default_factory=list[EventRow])
    cached: list[CacheRow] = field(default_factory=list[CacheRow])
    begins: list[WaitRow] = field(default_factory=list[WaitRow])
    looks: list[WaitRow] = field(
        default_factory=list[WaitRow]
    )  # take over what the team was told since the run began
    ends: list[WaitRow] = field(default_factory=list[WaitRow])
    effects: Sequence[EffectRow] = ()
    letters: list[LetterRow] = field(default_factory=list[LetterRow])
    workflow_id: str = ""
    news: list[EventRow] = field(default_factory=list[EventRow])  # what Quadrille tells of this, if heard
    change: Change | None = None
    diverged: str | None = None  # where a replay first differs
    first_seq: int = 0  # the number of the first event, given by the transaction
    texts: list[str] = field(default_factory=list[str])  # the events' data, as the rows hold it
    packed: list[tuple[str, chunks.Piece]] = field(
        default_factory=list[tuple[str, chunks.Piece]]
    )  # the blobs as rows hold them
    size: int = 0

    def weigh(self) -> None:
        """Write the events' data, pack the blobs, and count about how many bytes all rows of this commit will take."""
        self.texts = [dumps(event.data) for event in self.events]
        few = len(self.blobs) <= PACKED_AT_ONCE
        packed = ((digest, chunks.packed(data) if few else data) for digest, data in self.blobs)
        # In order of their digests, so that two writers never wait for each other crosswise.
        self.packed = sorted(packed, key=itemgetter(0))
        self.size = (
            sum(len(text) + EVENT_BYTES for text in self.texts)
            + sum(
                len(s.input or "") + len(s.output or "") + len(s.error or "") + STEP_BYTES for s in self.steps
            )
            + sum(len(data) + BLOB_BYTES for _, data in self.packed)
            + sum(len(c.data) + len(c.about) + CHECKPOINT_BYTES for c in self.checkpoints)
            + sum(len(w.data) + CHECKPOINT_BYTES for w in self.writes)
            + sum(len(e.result or "") + len(e.error or "") + STEP_BYTES for e in self.effects)
            + len(self.change.output or "" if self.change else "")
        )


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
