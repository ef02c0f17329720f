"""Where a run stops on purpose: before or after a node, or at the next step. That it has stopped is in its history."""

from collections.abc import Mapping
from typing import Any, Literal

from backend.engine.acting import INSIDE
from backend.engine.live import LiveRun, inside
from backend.engine.ports import StepId

When = Literal["before", "after"]


def reached(live: LiveRun, step: StepId, when: When) -> bool:
    """Whether the run stops here; it stops once at each place, whoever plays it. Nothing that undoes is held up."""
    if not live.breaks or live.halt is not None or live.cancelled or step.undoes:
        return False
    if when == "before" and step in live.journal.begun:
        return False  # it was under way already
    if (step, when) in live.journal.stopped or not _wanted(live.breaks, step, when):
        return False
    live.journal.stopped.add((step, when))
    live.stopped_at = (step, when)
    live.stop("pause")
    return True


def _wanted(breaks: Mapping[str, Any], step: StepId, when: When) -> bool:
    over = breaks.get("next")
    if when == "before" and over is not None and inside(over, step.path):
        return True
    # The nodes of a workflow that is played inside are those of another diagram.
    of_this_diagram = f":{INSIDE}" not in step.path
    return of_this_diagram and step.node_id in (breaks.get(when) or ())
