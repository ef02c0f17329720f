"""What an agent's work looks like in the history: what its model said, which tools it called and what they gave."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from backend.engine.effects import Effect
from backend.engine.ports import EventKind

LONGEST = 4_000
"""Characters of a text that an event holds; the whole of it is among the calls of the run."""

Told = tuple[EventKind, dict[str, Any]]


def asked(kind: str, request: Any) -> Told | None:
    """What is told when the world is about to be asked."""
    if kind != "tool" or not isinstance(request, dict):
        return None
    return "tool.called", _of_call(cast(Mapping[str, Any], request))


def answered(effect: Effect, request: Any) -> Told | None:
    """What is told of an answer, in its transaction."""
    if not isinstance(request, dict) or effect.error is not None:
        return None
    given = cast(Mapping[str, Any], request)
    if effect.kind == "chat" and not isinstance(effect.kept.value, dict):
        return None
    told = _TOLD.get(effect.kind)
    return (told[0], told[1](effect, given)) if told else None


def _of_call(request: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"call": str(request.get("call", "")), "tool": str(request.get("tool", ""))}
    return found | _named(request) | {"arguments": _short(request.get("arguments"))}


def _of_result(effect: Effect, request: Mapping[str, Any]) -> dict[str, Any]:
    value: Any = effect.kept.value
    failed = isinstance(value, dict) and "error" in value
    found = {"call": str(request.get("call", "")), "tool": str(request.get("tool", "")), "ok": not failed}
    return found | _named(request) | {"ms": effect.ms, "bytes": effect.kept.size, "result": _short(value)}


def _of_reply(effect: Effect, request: Mapping[str, Any]) -> dict[str, Any]:
    reply = cast(Mapping[str, Any], effect.kept.value)
    calls: list[Any] = reply.get("tool_calls") or []
    return _who(request) | {
        "model": str(reply.get("model", "")),
        "text": str(reply.get("text", ""))[:LONGEST],
        "calls": [
            {"call": str(c["id"]), "tool": str(c["name"]), "arguments": _short(c["arguments"])} for c in calls
        ],
        "input_tokens": reply.get("input_tokens") or 0,
        "output_tokens": reply.get("output_tokens") or 0,
        "cost": reply.get("cost"),
        "ms": effect.ms,
    }


def _who(request: Mapping[str, Any]) -> dict[str, Any]:
    """Which agent it is, where several work in one step."""
    return _named(cast(Mapping[str, Any], request.get("options") or {}))


def _named(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"who": str(request["who"])} if request.get("who") else {}


def _of_message(effect: Effect, request: Mapping[str, Any]) -> dict[str, Any]:
    """What one agent says to another, with what was decided about it."""
    decided: Any = effect.kept.value if isinstance(effect.kept.value, dict) else {}
    told = {**request, **decided}
    found = {name: str(told.get(name) or "")[:LONGEST] for name in ("sort", "from", "to", "text", "reason")}
    more = {name: told[name] for name in ("chosen", "ok", "call") if told.get(name) is not None}
    return found | more


def _short(value: Any) -> Any:
    """The value, or the beginning of its text where it is long."""
    text = orjson.dumps(value).decode()
    return value if len(text) <= LONGEST else text[:LONGEST] + "…"


_TOLD: Mapping[str, tuple[EventKind, Callable[[Effect, Mapping[str, Any]], dict[str, Any]]]] = {
    "chat": ("agent.said", _of_reply),
    "message": ("agent.message", _of_message),
    "tool": ("tool.answered", _of_result),
}
