"""What readers without the permission `run.payload` get of a run: its course, never its values (role table of the API).

Whatever answers with something of a run takes it from `service` or `stream`, which come through here; whatever reads
rows by itself calls one of the `of_…` below. A test asks every route as every role and looks for the values.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from backend.identity.principal import Principal
from backend.runs.schemas import Event, RunPublic, StepPublic

HIDDEN = "Hidden: your role may watch runs, not read their values."
# All that is told of an event's data, and only as a plain word or number; a name that is not here is left out.
_TOLD = frozenset(
    {
        "port", "bytes", "ms", "count", "fraction", "given", "attempt", "of",
        "for", "until", "wait", "expires_at",
        "approval_id", "verdict", "trigger", "by", "name",
        "tool", "ok", "input_tokens", "output_tokens",
        "forked_from", "steps_kept", "version_id", "kept_from", "kept_seq", "edited", "differs",
    }
)  # fmt: skip
VALUES_ONLY = frozenset({"step.token"})
"""Events that tell nothing but values: who may not read those does not get them at all."""

_OF_AN_ERROR = ("code", "node_id", "path")
_OF_AN_EVENT = frozenset({"run_id", "seq", "at", "kind", "node_id", "path", "visit", "attempt"})
_LONGEST_WORD = 300


def hides(by: Principal) -> bool:
    """True when the caller may watch runs, not read their values."""
    return not by.may("run.payload")


def of_run(by: Principal, run: RunPublic) -> RunPublic:
    """The run as the caller may see it."""
    if not hides(by):
        return run
    hidden = {"input": None, "output": None, "error": of_error(run.error), "redacted": True}
    return run.model_copy(update=hidden)


def of_step(by: Principal, step: StepPublic) -> StepPublic:
    """The step as the caller may see it."""
    if not hides(by):
        return step
    hidden = {"input": None, "output": None, "error": of_error(step.error), "redacted": True}
    return step.model_copy(update=hidden)


def of_event(by: Principal, event: Event) -> Event:
    """The event as the caller may see it."""
    return event.model_copy(update={"data": of_data(event.data)}) if hides(by) else event


def of_text(text: str) -> str:
    """An event in its wire form, as those see it from whom values are hidden."""
    event: dict[str, Any] = orjson.loads(text)
    shown = {name: value for name, value in event.items() if name in _OF_AN_EVENT}
    return orjson.dumps(shown | {"data": of_data(event.get("data", {}))}).decode()


def of_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an event's data."""
    told = {name: value for name, value in data.items() if name in _TOLD and _is_plain(value)}
    return told | {"error": of_error(data["error"])} if data.get("error") else told


def of_error(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Where it went wrong and its code; sentences of errors quote values."""
    if error is None:
        return None
    return {name: error[name] for name in _OF_AN_ERROR if name in error} | {"message": HIDDEN}


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD
    return value is None or isinstance(value, bool | int | float)
