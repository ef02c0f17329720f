"""The one table of a run's states: which may follow which. Terminal states are final (promise P5)."""

from collections.abc import Collection
from typing import get_args

from backend.core.errors import Conflict
from backend.runs.schemas import TERMINAL, RunStatus

ALL: tuple[RunStatus, ...] = get_args(RunStatus)
PARKED: frozenset[RunStatus] = frozenset(
    {"queued", "waiting_person", "waiting_event", "waiting_time", "retrying", "paused"}
)
"""States in which no worker holds the run."""

ALLOWED: dict[RunStatus, frozenset[RunStatus]] = {
    "queued": frozenset({"running", "paused", "cancelled"}),
    "running": frozenset(
        {
            "queued",  # drained, or its worker died
            "waiting_person",
            "waiting_event",
            "waiting_time",
            "retrying",
            "paused",
            "succeeded",
            "failed",
            "cancelled",
        }
    ),
    "waiting_person": frozenset({"queued", "running", "paused", "cancelled"}),
    "waiting_event": frozenset({"queued", "running", "paused", "cancelled"}),
    "waiting_time": frozenset({"queued", "running", "paused", "cancelled"}),
    "retrying": frozenset({"queued", "running", "paused", "cancelled"}),
    "paused": frozenset({"queued", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}


class WrongState(Conflict):
    """The run is in a state in which this cannot be done."""

    code, title = "wrong_state", "Not in this state"


def sources(target: RunStatus) -> list[RunStatus]:
    """The states from which a run may come to `target`: the condition of every UPDATE of a status."""
    return [state for state in ALL if target in ALLOWED[state]]


def require(status: str, targets: Collection[RunStatus], doing: str) -> None:
    """Raise WrongState unless a run of this status may go to one of the targets."""
    if not any(status in sources(target) for target in targets):
        ended = "has ended" if status in TERMINAL else f"is {status.replace('_', ' ')}"
        raise WrongState(f"The run {ended}; it cannot be {doing}.", status_now=status)
