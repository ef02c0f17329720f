"""What a step knows of the run that it starts and waits for: the version that it plays, its inbox key, how it ended."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import JsonValue

from backend.core.errors import Invalid, QuadrilleError
from backend.engine.acting import INSIDE
from backend.engine.ports import Called, Children, StepId

if TYPE_CHECKING:
    from backend.engine.live import LiveRun


def is_inside(path: str) -> bool:
    """True for a place in a workflow that is played inside another."""
    return f":{INSIDE}" in path


class ChildFailed(QuadrilleError):
    """The run that a step waited for did not succeed; `run_id` names it."""

    code: ClassVar[str] = "child_failed"
    title: ClassVar[str] = "A sub-workflow failed"
    status: ClassVar[int] = 422


def called(live: "LiveRun", workflow: str, version: int | None) -> Called:
    """The version that was fixed for this call when the run started."""
    found = live.run.calls.get(f"{workflow}@{version or 'latest'}")
    if found is None:
        told = f"The run was started without a version of “{workflow}”."
        raise Invalid(told, fix="Start it again.")
    return found


def maker(live: "LiveRun") -> Children:
    """What makes further runs; raises Invalid in an engine that was given nothing for it."""
    if live.world.children is None:
        raise Invalid("This engine plays no further runs.", fix="Play the workflow inside.")
    return live.world.children


def result_of(
    name: str, run_id: str, status: str, output: JsonValue, error: Mapping[str, Any] | None
) -> JsonValue:
    """What the other run gave; raises ChildFailed where it gave nothing."""
    if status == "succeeded":
        return output
    why = str((error or {}).get("message", "")) or f"It was {status}."
    raise ChildFailed(f"“{name}” {status}: {why}", fix="Look at that run.", run_id=run_id)


def key_of(step: StepId, run_id: str, attempt: int, call: str = "") -> str:
    """The inbox key under which the end of a step's run is told.

    Each attempt has a run of its own; a step that calls more than one names its `call`, which is the same at every attempt.
    """
    return f"child:{step.key(run_id)}:{call or attempt}:"
