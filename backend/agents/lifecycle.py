"""The states of an agent and the ways between them: one table, and an error that names both ends of a way that is none."""

from collections.abc import Mapping
from typing import Literal, get_args

from backend.core.errors import Conflict

State = Literal[
    "created", "initializing", "validating", "ready", "executing", "completed", "failed", "terminated"
]
STATES: tuple[State, ...] = get_args(State)
NEXT: Mapping[str, frozenset[State]] = {
    "created": frozenset({"initializing", "terminated"}),
    "initializing": frozenset({"validating", "failed", "terminated"}),
    "validating": frozenset({"ready", "failed", "terminated"}),
    "ready": frozenset({"executing", "initializing", "terminated"}),
    "executing": frozenset({"completed", "failed", "initializing", "terminated"}),
    "completed": frozenset({"executing", "initializing", "terminated"}),
    "failed": frozenset({"initializing", "terminated"}),
    "terminated": frozenset(),
}
"""A failed agent is validated again before it executes again; a new version is validated whatever the agent does now."""


class NoSuchWay(Conflict):
    """The agent's state does not lead where somebody wants it."""

    code, title = "agent_state", "Not in this state"


def require(name: str, now: str, wanted: State) -> None:
    """Raise NoSuchWay, naming both states, unless the one leads to the other."""
    allowed = NEXT.get(now, frozenset[State]())  # a state of a newer release leads nowhere
    if wanted in allowed:
        return
    ways = ", ".join(sorted(allowed))
    raise NoSuchWay(
        f"“{name}” is {now} and cannot become {wanted}.",
        fix=f"From {now} it can become {ways}." if ways else "Terminated is final: make a new agent.",
        state=now,
        wanted=wanted,
    )
