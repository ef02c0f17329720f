"""A form from a JSON Schema as plain rows, and what people typed back as the values the schema wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson

from backend.core.errors import Invalid, Problem

Widget = Literal["text", "long", "number", "switch", "choice", "json"]
LONG_FROM = 120


@dataclass
class Field:
    """One property of the schema with its present value as text."""

    name: str
    title: str
    help: str
    widget: Widget
    value: str
    options: list[str]
    required: bool
    whole: bool = False
    wrong: str = ""


def fields(schema: Mapping[str, Any], values: Any) -> list[Field]:
    """A row for every property, in the schema's order; no schema gives no rows."""
    properties = cast(dict[str, dict[str, Any]], schema.get("properties") or {})
    given = cast(dict[str, Any], values) if isinstance(values, dict) else {}
    required = set(schema.get("required") or ())
    return [
        _field(name, one, given.get(name, one.get("default")), name in required)
        for name, one in properties.items()
    ]


def values(rows: Sequence[Field], typed: Mapping[str, Any], before: Any) -> dict[str, Any]:
    """The typed texts as JSON values; what the form does not show stays as it was. Raises Invalid."""
    found = dict(cast(dict[str, Any], before)) if isinstance(before, dict) else {}
    problems: list[Problem] = []
    for row in rows:
        text = typed.get(row.name)
        try:
            value = _value(row, text)
        except ValueError as wrong:
            problems.append(Problem(str(wrong), f"values.{row.name}"))
            continue
        if value is None and not row.required:
            found.pop(row.name, None)
        else:
            found[row.name] = value
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return found


def marked(rows: Sequence[Field], typed: Mapping[str, Any], problems: Sequence[Problem]) -> list[Field]:
    """The rows with what was typed and what is wrong with it, so that nothing is lost."""
    wrong = {_property_of(problem.place): problem.message for problem in reversed(problems)}
    return [
        Field(
            **{
                **vars(row),
                "value": _as_text(typed.get(row.name, row.value)),
                "wrong": wrong.get(row.name, ""),
            }
        )
        for row in rows
    ]


def _property_of(place: str) -> str:
    parts = place.split(".")
    return parts[1] if len(parts) > 1 else ""


def _field(name: str, schema: Mapping[str, Any], value: Any, required: bool) -> Field:
    widget = _widget(schema, value)
    return Field(
        name=name,
        title=str(schema.get("title") or name.replace("_", " ").capitalize()),
        help=str(schema.get("description") or ""),
        widget=widget,
        value=_pretty(value) if widget == "json" else _as_text(value),
        options=[str(option) for option in schema.get("enum") or ()],
        required=required,
        whole=schema.get("type") == "integer",
    )


def _widget(schema: Mapping[str, Any], value: Any) -> Widget:
    if schema.get("enum") and all(isinstance(option, str) for option in schema["enum"]):
        return "choice"
    kind = schema.get("type")
    if kind == "string":
        text = value if isinstance(value, str) else ""
        is_long = schema.get("widget") in ("textarea", "long_text", "text_area", "multiline")
        return "long" if is_long or len(text) > LONG_FROM or "\n" in text else "text"
    plain: dict[Any, Widget] = {"number": "number", "integer": "number", "boolean": "switch"}
    return plain.get(kind, "json") if isinstance(kind, str) else "json"


def _value(row: Field, text: Any) -> Any:
    if row.widget == "switch":
        return text in (True, "on", "true")
    if row.widget in ("text", "long") and text is not None:
        return str(text)
    if text in (None, ""):
        return None
    parsed = {"number": _number, "json": _json}.get(row.widget)
    return parsed(row, str(text)) if parsed else str(text)


def _json(row: Field, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"“{row.title}” is no valid JSON: {error}.") from error


def _number(row: Field, text: str) -> int | float:
    try:
        return int(text) if row.whole or text.lstrip("-").isdecimal() else float(text)
    except ValueError as error:
        raise ValueError(f"“{text}” is not a {'whole ' if row.whole else ''}number.") from error


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    return value if isinstance(value, str) else _pretty(value)


def _pretty(value: Any) -> str:
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
