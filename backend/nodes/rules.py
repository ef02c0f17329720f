"""Rule rows: a field, an operator and a value, joined by all or any. Our own evaluator, no language."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core.errors import Invalid, Problem
from backend.nodes.expression_words import SCOPE_NAMES

Operator = Literal[
    "equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal",
    "contains", "not_contains", "starts_with", "ends_with", "one_of",
    "is_empty", "is_not_empty", "is_true", "is_false",
]  # fmt: skip
_ALONE = frozenset({"is_empty", "is_not_empty", "is_true", "is_false"})  # operators without a value


class RuleFailed(Invalid):
    """A rule's field and value cannot be compared."""

    code: ClassVar[str] = "rule"
    title: ClassVar[str] = "A rule failed"


class Rule(BaseModel):
    """One row: does the field stand in this relation to the value?"""

    model_config = ConfigDict(extra="forbid", frozen=True)
    field: str = Field(
        default="",
        title="Field",
        max_length=500,
        description="A path such as `input.amount` or `nodes.classify.label`.",
    )
    operator: Operator = Field(
        default="equals", title="Operator", description="How field and value are compared."
    )
    value: JsonValue = Field(
        default=None,
        title="Value",
        description="What to compare with; for `one_of` a list.",
        json_schema_extra={"widget": "json"},
    )


class Rules(BaseModel):
    """Rows joined by all or any; no row at all holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    match: Literal["all", "any"] = Field(
        default="all", title="Match", description="Whether all rows must hold, or any one."
    )
    rows: tuple[Rule, ...] = Field(default=(), title="Rows", max_length=100, description="The rules.")


def holds(rules: Rules, scope: Mapping[str, JsonValue]) -> bool:
    """True when the rows hold; raises RuleFailed naming the field."""
    together = all if rules.match == "all" else any
    return together(_row_holds(rule, scope) for rule in rules.rows) if rules.rows else True


def lookup(scope: Mapping[str, JsonValue], path: str) -> JsonValue:
    """The value at a dotted path; list positions are numbers; None where something is missing."""
    at: Any = scope
    for name in path.strip().split("."):
        if isinstance(at, Mapping):
            at = cast(Mapping[str, Any], at).get(name)
        elif isinstance(at, list) and name.isdigit():
            entries = cast(list[Any], at)
            at = entries[int(name)] if int(name) < len(entries) else None
        else:
            return None
    return at


def problems_of(rules: Rules, *, place: str = "") -> list[Problem]:
    """Rows without a field, with an unknown start, or without a value that their operator needs."""
    return [
        p for i, rule in enumerate(rules.rows) for p in _problems_of_row(rule, f"{place}.rows.{i}", i + 1)
    ]


def references(rules: Rules) -> set[str]:
    """Ids of the nodes whose outputs the rows read."""
    parts = [rule.field.strip().split(".") for rule in rules.rows]
    return {names[1] for names in parts if names[0] == "nodes" and len(names) > 1}


def _problems_of_row(rule: Rule, place: str, number: int) -> list[Problem]:
    start = rule.field.strip().split(".")[0]
    if start not in SCOPE_NAMES:
        message = (
            f"Rule {number} reads `{start}`, which does not exist."
            if start
            else f"Rule {number} has no field."
        )
        fix = f"Begin with one of: {', '.join(SCOPE_NAMES)}; for example `input.amount`."
        return [Problem(message, place=f"{place}.field", fix=fix)]
    return [] if rule.operator in _ALONE else _problems_of_value(rule, f"{place}.value", number)


def _problems_of_value(rule: Rule, place: str, number: int) -> list[Problem]:
    if rule.value is None:
        return [Problem(f"Rule {number} has no value.", place=place, fix="Enter what to compare with.")]
    if rule.operator == "one_of" and not isinstance(rule.value, list):
        return [Problem(f"Rule {number} needs a list of values.", place=place, fix='For example ["a", "b"].')]
    return []


def _row_holds(rule: Rule, scope: Mapping[str, JsonValue]) -> bool:
    found = lookup(scope, rule.field)
    if rule.operator in _ALONE:
        return _ALONE_TESTS[rule.operator](found)
    if rule.operator in _TEXT_TESTS:
        return _TEXT_TESTS[rule.operator](found, rule.value)
    return _ordered(rule, found)


def _ordered(rule: Rule, found: JsonValue) -> bool:
    if found is None or rule.value is None:
        return False
    left, right = _comparable(found, rule.value)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _ORDER_TESTS[rule.operator](left, right)
    if isinstance(left, str) and isinstance(right, str):
        return _ORDER_TESTS[rule.operator](left, right)
    raise RuleFailed(
        f"`{rule.field}` is {_sort(found)} and cannot be compared with {_sort(rule.value)}.",
        fix="Compare numbers with numbers and text with text.",
        field=rule.field,
    )


def _equal(found: JsonValue, value: JsonValue) -> bool:
    left, right = _comparable(found, value)
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _comparable(found: JsonValue, value: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Text that reads as a number meets a number as one; likewise `true` and `false`."""
    if isinstance(found, str) and isinstance(value, bool | int | float):
        return _like(found, value), value
    if isinstance(value, str) and isinstance(found, bool | int | float):
        return found, _like(value, found)
    return found, value


def _like(text: str, other: bool | float) -> JsonValue:
    if isinstance(other, bool):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        return float(text)
    except ValueError:
        return text


def _contains(found: JsonValue, value: JsonValue) -> bool:
    if isinstance(found, str):
        return str(value).lower() in found.lower()
    if isinstance(found, list):
        return any(_equal(entry, value) for entry in found)
    return isinstance(found, dict) and str(value) in found


def _sort(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "a yes/no value"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"


_ALONE_TESTS: dict[str, Callable[[JsonValue], bool]] = {
    "is_empty": lambda found: found in (None, "", [], {}),
    "is_not_empty": lambda found: found not in (None, "", [], {}),
    "is_true": lambda found: found is True or (isinstance(found, str) and found.lower() == "true"),
    "is_false": lambda found: found is False or (isinstance(found, str) and found.lower() == "false"),
}
_TEXT_TESTS: dict[str, Callable[[JsonValue, JsonValue], bool]] = {
    "equals": _equal,
    "not_equals": lambda found, value: not _equal(found, value),
    "contains": _contains,
    "not_contains": lambda found, value: not _contains(found, value),
    "starts_with": lambda found, value: isinstance(found, str) and found.startswith(str(value)),
    "ends_with": lambda found, value: isinstance(found, str) and found.endswith(str(value)),
    "one_of": lambda found, value: isinstance(value, list) and any(_equal(found, entry) for entry in value),
}
_ORDER_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "greater": lambda left, right: left > right,
    "greater_or_equal": lambda left, right: left >= right,
    "less": lambda left, right: left < right,
    "less_or_equal": lambda left, right: left <= right,
}
