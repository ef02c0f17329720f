"""What the database already knows of a run: finished steps, tries, waits and answers. It is why nothing runs twice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import text

from backend.core import db
from backend.core.columns import Json
from backend.engine import blobs, signals, values
from backend.engine.ports import StepId

_STEPS = text(
    "SELECT node_id, path, visit, status, attempt, port, output, error FROM step WHERE run_id = :run"
).columns(output=Json, error=Json)
_EVENTS = text(
    "SELECT kind, node_id, path, visit, attempt, data FROM run_event WHERE run_id = :run AND (node_id IS NOT NULL OR kind = 'run.repaired') "
    "AND kind IN ('step.started', 'step.retrying', 'step.waiting', 'step.skipped', 'event.received', "
    "'state.transition', 'state.ignored', 'run.paused', 'run.repaired', 'saga.compensating', 'saga.stuck', 'saga.compensated', 'saga.failed') "
    "ORDER BY seq"
).columns(data=Json)
_INBOX = text("SELECT key, payload FROM inbox_item WHERE run_id = :run ORDER BY at, key").columns(
    payload=Json
)


@dataclass(slots=True)
class Finished:
    """A step that ended; `output` is still in its stored form."""

    status: str
    attempt: int
    port: str | None
    output: JsonValue
    error: dict[str, Any] | None


@dataclass(slots=True)
class Begun:
    """A step that has begun and not ended: the try it is in, when the next one is due, and what it waits for."""

    attempt: int = 1
    due: datetime | None = None
    announced: int = 0  # the last try whose beginning is in the history
    until: datetime | None = None  # when a container's try is over at the latest
    away_since: datetime | None = None  # what the step needs of the installation does not answer
    items: JsonValue = None  # of a map, so that a repeated expression cannot change them
    has_items: bool = False
    listens: bool = False  # of a state: that it waits is in the history
    waits: dict[int, datetime | None] = field(default_factory=dict[int, datetime | None])
    received: dict[int, str] = field(
        default_factory=dict[int, str]
    )  # by the number of the wait, the inbox key
    rolling: dict[str, Any] | None = None  # of a saga that is being undone: why
    stuck: dict[str, Any] | None = None  # of a compensation: how it failed when it was last given up


@dataclass(slots=True)
class Journal:
    """Everything known, by step."""

    finished: dict[StepId, Finished] = field(default_factory=dict[StepId, Finished])
    begun: dict[StepId, Begun] = field(default_factory=dict[StepId, Begun])
    inbox: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    taken: set[str] = field(default_factory=set[str])  # signals that a step has received
    skipped: set[StepId] = field(default_factory=set[StepId])
    left: dict[StepId, dict[str, Any]] = field(
        default_factory=dict[StepId, dict[str, Any]]
    )  # states, and how
    read: blobs.Remembered = field(default_factory=blobs.Remembered)
    rolled: dict[StepId, dict[str, Any]] = field(default_factory=dict[StepId, dict[str, Any]])  # undone sagas
    stopped: set[tuple[StepId, str]] = field(default_factory=set[tuple[StepId, str]])  # breakpoints passed

    def begin(self, step: StepId) -> Begun:
        """What is known of a step that has not ended."""
        return self.begun.setdefault(step, Begun())

    def take(self, wanted: signals.Prefixes) -> str | None:
        """The oldest signal of this name and key that no step has taken; it is the caller's from now on."""
        found = signals.first(self.inbox, wanted, self.taken)
        if found is not None:
            self.taken.add(found)
        return found

    def note_state(self, step: StepId, kind: str, data: dict[str, Any]) -> None:
        """A state took a transition, or let an event pass."""
        if data.get("signal"):
            self.taken.add(data["signal"])
        if kind == "state.transition":
            self.left[step] = data

    def note(self, step: StepId, row: Any) -> None:
        """An event of an earlier stretch."""
        if row.kind == "event.received":
            self.taken.add(row.data["signal"])
        if row.kind == "run.paused":
            self.stopped.add((step, row.data.get("when", "before")))
        elif row.kind == "step.skipped":
            self.skipped.add(step)
        elif row.kind.startswith("state."):
            self.note_state(step, row.kind, row.data)
        elif row.kind in ("saga.compensated", "saga.failed"):
            self.rolled[step] = row.data
        elif step not in self.finished:
            _note(self.begin(step), row.kind, row.attempt, row.data)

    def forget(self, repair: dict[str, Any]) -> None:
        """A repair plays these steps again: what the history told of them until then holds no longer."""
        for place in (*repair["again"], *repair["given"]):
            step = StepId(place["node_id"], place["path"], place["visit"])
            begun = self.begun.pop(step, None)
            left = self.left.pop(step, None)
            self.taken -= {*(begun.received.values() if begun else ()), (left or {}).get("signal")}
            self.skipped.discard(step)
            self.rolled.pop(step, None)
            self.stopped -= {(step, "before"), (step, "after")}


async def load(database: db.Database, run_id: str) -> Journal:
    """Read the rows of a run that has been played before."""
    journal = Journal()
    async with database.reading() as session:
        connection = await session.connection()
        for row in await connection.execute(_STEPS, {"run": run_id}):
            step = StepId(row.node_id, row.path, row.visit)
            journal.finished[step] = Finished(row.status, row.attempt, row.port, row.output, row.error)
        for row in await connection.execute(_EVENTS, {"run": run_id}):
            if row.kind == "run.repaired":
                journal.forget(row.data)
            else:
                journal.note(StepId(row.node_id, row.path, row.visit), row)
        for row in await connection.execute(_INBOX, {"run": run_id}):
            journal.inbox[row.key] = row.payload
    return journal


async def inbox(database: db.Database, run_id: str) -> dict[str, JsonValue]:
    """What has been sent to the run."""
    async with database.reading() as session:
        connection = await session.connection()
        return {row.key: row.payload for row in await connection.execute(_INBOX, {"run": run_id})}


async def restored(
    database: db.Database, team_id: str, stored: JsonValue, remembered: blobs.Remembered | None = None
) -> JsonValue:
    """A stored value with its blobs put back."""
    wanted = values.digests(stored)
    if not wanted:
        return stored
    async with database.reading() as session:
        found = await blobs.whole(session, team_id, wanted, remembered)
    return values.fill(stored, found)


def _note(begun: Begun, kind: str, attempt: int, data: dict[str, Any]) -> None:
    begun.attempt = max(begun.attempt, attempt)
    if kind == "saga.compensating":
        begun.rolling = data["error"]
    elif kind == "saga.stuck":
        begun.stuck = data
    elif kind == "step.retrying":
        _note_retry(begun, attempt, data)
    elif kind == "step.waiting":
        until = cast(str | None, data.get("until"))
        begun.waits[data["wait"]] = datetime.fromisoformat(until) if until else None
        begun.listens = True
    elif kind == "event.received":
        begun.received[data["wait"]] = data["signal"]
    elif kind == "step.started":
        _note_start(begun, attempt, data)


def _note_retry(begun: Begun, attempt: int, data: dict[str, Any]) -> None:
    begun.due = datetime.fromisoformat(data["until"])
    if "away_since" in data:
        begun.away_since = datetime.fromisoformat(data["away_since"])
    else:
        begun.away_since, begun.attempt = None, attempt + 1


def _note_start(begun: Begun, attempt: int, data: dict[str, Any]) -> None:
    begun.announced = attempt
    if "items" in data:
        begun.items, begun.has_items = data["items"], True
    until = cast(str | None, data.get("until"))
    begun.until = datetime.fromisoformat(until) if until else None
