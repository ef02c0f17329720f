"""An agent's profile as the texts of a form, and back; what is wrong with a text is told with its field."""

from collections.abc import Mapping
from typing import Any, get_args

import orjson
from pydantic import ValidationError

from backend.core.errors import Invalid, Problem
from backend.nodes.agent_profile import AgentProfile, StrategyName
from backend.nodes.pii import PiiKind

PERSONAL_DATA: tuple[str, ...] = get_args(PiiKind)
STRATEGIES: tuple[str, ...] = get_args(StrategyName)
LINES = ("role", "goal", "model", "strategy")
TEXTS = ("instructions", "script")
NUMBERS = ("max_turns", "max_tokens", "max_seconds", "max_cost")


def texts(profile: AgentProfile) -> dict[str, str]:
    """What the fields show."""
    shown = {name: str(getattr(profile, name)) for name in (*LINES, *TEXTS)}
    shown |= {name: _number(getattr(profile, name)) for name in NUMBERS}
    schema = profile.output_schema
    return shown | {
        "fallbacks": ", ".join(profile.fallbacks),
        "tools": ", ".join(profile.tools),
        "mask": ", ".join(profile.mask),
        "never_say": "\n".join(profile.never_say),
        "output_schema": orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode() if schema else "",
    }


def profile(typed: Mapping[str, Any]) -> AgentProfile:
    """What was typed; raises Invalid naming the field as people see it."""
    said: dict[str, Any] = {name: str(typed.get(name) or "").strip() for name in LINES}
    said |= {name: str(typed.get(name) or "").replace("\r\n", "\n") for name in TEXTS}
    said |= {name: value for name in NUMBERS if (value := str(typed.get(name) or "").strip())}
    said["fallbacks"] = _lines(typed.get("fallbacks"))
    said["tools"] = _lines(typed.get("tools"))
    said["mask"] = _lines(typed.get("mask"))
    said["never_say"] = [
        line.strip() for line in str(typed.get("never_say") or "").splitlines() if line.strip()
    ]
    said["output_schema"] = _schema(str(typed.get("output_schema") or "").strip())
    try:
        return AgentProfile.model_validate(said)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0])
    title = AgentProfile.model_fields[name].title or name
    told = f"{title}: {first['msg']}."
    raise Invalid(told, fix="Correct it and save again.", problems=[Problem(told, f"profile.{name}")])


def _schema(text: str) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        told = f"The answer's schema is not JSON: line {wrong.lineno}, column {wrong.colno}."
        raise Invalid(told, fix="Mend it there, or leave it empty.") from None


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in str(text or "").replace(",", "\n").splitlines() if line.strip()]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)
