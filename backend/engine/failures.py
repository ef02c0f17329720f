"""What went wrong in a step, as people read it: a sentence and a code, never a traceback."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.core import log
from backend.core.errors import Invalid, NotAllowed, NotFound, Outage, QuadrilleError, TooLarge
from backend.engine import values

_HOPELESS = (Invalid, NotAllowed, NotFound, TooLarge)  # another try gives the same
_DATABASE = (OperationalError, InterfaceError, PoolTimeout)  # away, or too busy
_log = log.get(__name__)


def describe(error: BaseException, node_name: str, *, seconds: float | None = None) -> dict[str, Any]:
    """The error's recorded form. `seconds` is the step's time limit, if that is what ended it."""
    if seconds is not None:
        return timed_out(node_name, seconds)
    if isinstance(error, _DATABASE):
        return {"code": Outage.code, "message": f"The database does not answer {node_name}: {error.args[0]}"}
    if isinstance(error, QuadrilleError):
        found: dict[str, Any] = {"code": error.code, "message": error.message}
        if error.fix:
            found["fix"] = error.fix
        if error.details:
            found["details"] = _plain(error.details)
        return found
    _log.warning("a node raised what it should not", node=node_name, exc_info=error)
    return {
        "code": "internal",
        "message": f"{node_name} failed unexpectedly: {type(error).__name__}: {error}",
    }


def hopeless(error: BaseException) -> bool:
    """Trying again cannot help: the input or the settings are wrong."""
    return isinstance(error, _HOPELESS)


def wanted_pause(error: Mapping[str, Any] | None) -> float:
    """The seconds after which what failed wants to be tried again, where it said so; at most an hour."""
    details = (error or {}).get("details")
    wait = cast(dict[str, Any], details).get("retry_after") if isinstance(details, dict) else None
    return min(float(wait), 3600.0) if isinstance(wait, int | float) and wait > 0 else 0.0


def outage(error: BaseException) -> bool:
    """A part of the installation itself is away, so that the step may well wait for it."""
    return isinstance(error, (Outage, *_DATABASE))


def cancelled(node_name: str) -> dict[str, Any]:
    """The step was running when the run was cancelled."""
    return {"code": "cancelled", "message": f"{node_name} was stopped because the run was cancelled."}


def given_up(node_name: str) -> dict[str, Any]:
    """The step was running when the time of the container around it was over."""
    return {"code": "cancelled", "message": f"{node_name} was stopped because its container took too long."}


def timed_out(node_name: str, seconds: float) -> dict[str, Any]:
    """The step took longer than its settings allow."""
    return {
        "code": "timeout",
        "message": f"{node_name} took longer than its limit of {seconds:g} seconds.",
        "fix": "Raise the node's time limit, or do less in it.",
    }


def join_short(node_name: str, came: int, need: int) -> dict[str, Any]:
    """A join waits for more branches than can still come."""
    message = f"{node_name} waits for {need} branches, but only {came} came and the others were skipped."
    return {"code": "join_short", "message": message, "fix": "Let it wait for fewer."}


def join_late(node_name: str, came: int, seconds: float) -> dict[str, Any]:
    """A join's time was over before enough branches had come."""
    message = f"{node_name} waited {seconds:g} seconds after the first branch; {came} had come by then."
    fix = "Raise its time limit, or let it go on with those that came."
    return {"code": "join_timed_out", "message": message, "fix": fix}


def wrong_port(node_name: str, port: str, ports: tuple[str, ...]) -> Invalid:
    """A kind left by a port that it does not have."""
    return Invalid(
        f"{node_name} wanted to leave by {port!r}, but its ports are {', '.join(ports) or 'none'}."
    )


def _plain(details: dict[str, Any]) -> JsonValue:
    try:
        kept = values.keep(details, "details", 20_000)
    except QuadrilleError:
        return None
    return kept.value
