"""Named places around every write, at which a test lets a process die; off, each is a call of a function that does nothing."""

import os
from collections.abc import Callable
from typing import Literal, get_args

Place = Literal[
    "claim.before", "claim.written", "claim.committed",
    "lease.registered", "lease.beat",
    "run.begin", "run.begun", "run.end", "run.ended", "run.rest", "run.rested",
    "run.pause", "run.paused",
    "step.play", "step.played", "step.record", "step.recorded", "step.retry", "step.retry_noted",
    "approval.asked",
    "writer.begin", "writer.fenced", "writer.written", "writer.committed", "writer.told",
    "orphans.found", "orphans.requeued",
    "queue.read", "queue.done", "queue.acknowledged",
    "wake.before", "wake.sent",
    "clock.noted", "clock.came", "clock.begins", "clock.begun",
]  # fmt: skip
PLACES: tuple[Place, ...] = get_args(Place)
STEERED: tuple[Place, ...] = ("run.pause", "run.paused")
"""Those that a run passes only when somebody steers it."""
TIMED: tuple[Place, ...] = ("clock.noted", "clock.came", "clock.begins", "clock.begun")
"""Those on the way of a run that the clock begins."""

DIED = 86
"""The exit status of a process that died at a failpoint."""


def _nothing(_place: Place) -> None:
    """What passing a failpoint does unless a test has armed it."""


reach: Callable[[Place], None] = _nothing


def passed(place: Place) -> None:
    """Say that this place is reached."""
    reach(place)


def arm(place: Place, times: int = 1) -> None:
    """Die like after `kill -9` when the place is reached for the so-manieth time: nothing is closed or flushed."""
    global reach
    left = times

    def die(reached: Place) -> None:
        nonlocal left
        if reached == place:
            left -= 1
            if left == 0:
                os._exit(DIED)

    reach = die
