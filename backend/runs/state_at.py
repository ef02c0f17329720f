"""What was known of a run after any event: a pure function of its history."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.engine.ports import StepId
from backend.runs.schemas import TERMINAL, Event

_ENDED = frozenset({"succeeded", "failed", "skipped"})
_OF_A_RUN = {
    "run.queued": "queued",
    "run.started": "running",
    "run.paused": "paused",
    "run.succeeded": "succeeded",
    "run.failed": "failed",
    "run.cancelled": "cancelled",
}
_WAITS = {"person": "waiting_person", "event": "waiting_event", "time": "waiting_time", "retry": "retrying"}
_OF_A_STEP = {
    "step.started": "running",
    "step.waiting": "waiting",
    "step.retrying": "retrying",
    "step.succeeded": "succeeded",
    "step.failed": "failed",
    "step.skipped": "skipped",
    "approval.requested": "waiting",
    "approval.decided": "running",
    "event.received": "running",
    "saga.stuck": "waiting",
    "saga.decided": "running",
}


@dataclass
class StepState:
    """A visit of a node: running, waiting, retrying, succeeded, failed, skipped, or stopped with its run."""

    status: str
    attempt: int = 1
    port: str | None = None
    error: dict[str, Any] | None = None
    since: datetime | None = None
    waits_for: str | None = None
    until: str | None = None


@dataclass
class RunState:
    """A run and its steps after the event `seq`. Between two workers a run counts as running, since no event tells of it."""

    seq: int = 0
    status: str = "queued"
    error: dict[str, Any] | None = None
    steps: dict[StepId, StepState] = field(default_factory=dict[StepId, StepState])


def fold(events: Iterable[Event], state: RunState | None = None) -> RunState:
    """The state after these events, which continue those of the given state."""
    found = state or RunState()
    for event in events:
        found.seq = event.seq or found.seq
        if event.kind.startswith("run."):
            _run(found, event)
        elif event.node_id is not None and event.kind in _OF_A_STEP:
            _step(found, event, event.node_id)
    return found


def _run(state: RunState, event: Event) -> None:
    if event.kind == "run.waiting":
        state.status = _WAITS.get(event.data.get("for", ""), state.status)
    elif event.kind == "run.resumed":
        # A person ends a pause, then the run waits for a worker; a worker that takes it up says so without a name.
        state.status = "queued" if event.data.get("by") else "running"
    elif event.kind == "run.repaired":
        for place in event.data.get("again", []):
            state.steps.pop(StepId(place["node_id"], place["path"], place["visit"]), None)
    else:
        state.status = _OF_A_RUN.get(event.kind, state.status)
    if state.status in TERMINAL:
        state.error = event.data.get("error")
        for step in state.steps.values():
            if step.status not in _ENDED:
                step.status, step.since = "stopped", event.at


def _step(state: RunState, event: Event, node_id: str) -> None:
    status, data = _OF_A_STEP[event.kind], event.data
    step = state.steps.setdefault(StepId(node_id, event.path, event.visit), StepState(status))
    if not event.kind.startswith("approval."):
        step.attempt = event.attempt
    step.status, step.since = status, event.at
    step.port = data.get("port") if status in _ENDED else None
    step.error = data.get("error") if status in _ENDED or status == "retrying" else None
    waits = status in ("waiting", "retrying")
    step.waits_for = data.get("for", "person") if status == "waiting" else None
    step.until = (data.get("until") or data.get("expires_at")) if waits else None
