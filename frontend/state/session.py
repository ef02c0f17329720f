"""Who is behind the event that is being handled, and which session a tab's state belongs to."""

from contextvars import ContextVar

import reflex as rx

from backend.core.errors import SignInNeeded
from backend.identity.principal import Principal

_CALLER: ContextVar[Principal | None] = ContextVar("caller", default=None)


class Session(rx.State):
    """Remembers for whom a tab's state was made; never decides what anyone may do."""

    _bound_to: str = ""


def caller() -> Principal:
    """The member whose event is being handled, as the gate found them a moment ago.

    A background handler keeps the caller it began with: ask `frontend.gate.still(by)` before each further step.
    """
    by = _CALLER.get()
    if by is None:
        raise SignInNeeded("You are not signed in.", fix="Sign in and try again.")
    return by


def caller_or_nobody() -> Principal | None:
    """As `caller`, for the few public handlers that greet members by name."""
    return _CALLER.get()


def set_caller(by: Principal | None) -> None:
    """Only the gate calls this, once for each event."""
    _CALLER.set(by)
