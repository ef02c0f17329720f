"""n8n's condition rows, of both of its formats, as one expression of ours."""

from collections.abc import Callable, Mapping
from typing import Any

from backend.workflows.foreign import words
from backend.workflows.foreign.plain import dicts, table

_OPERATORS = {
    "equals": "equals", "equal": "equals", "notEquals": "not_equals", "notEqual": "not_equals",
    "gt": "greater", "larger": "greater", "gte": "greater_or_equal", "largerEqual": "greater_or_equal",
    "lt": "less", "smaller": "less", "lte": "less_or_equal", "smallerEqual": "less_or_equal",
    "contains": "contains", "notContains": "not_contains", "startsWith": "starts_with", "endsWith": "ends_with",
    "empty": "is_empty", "notEmpty": "is_not_empty", "isEmpty": "is_empty", "isNotEmpty": "is_not_empty",
    "true": "is_true", "false": "is_false", "exists": "is_not_empty", "notExists": "is_empty",
}  # fmt: skip
_DRAWN = {
    "equals": "{l} == {r}", "not_equals": "{l} != {r}", "greater": "{l} > {r}", "greater_or_equal": "{l} >= {r}",
    "less": "{l} < {r}", "less_or_equal": "{l} <= {r}", "contains": "{r} in {l}", "not_contains": "{r} not in {l}",
    "starts_with": "{l}.startswith({r})", "ends_with": "{l}.endswith({r})", "is_empty": "not {l}",
    "is_not_empty": "bool({l})", "is_true": "bool({l})", "is_false": "not {l}",
}  # fmt: skip


def expression(given: Any, turned: Callable[[Any], str], failed: list[str]) -> str:
    """The rows joined by and, or by or; an operator without counterpart goes to `failed` and never holds."""
    data = table(given)
    rows = dicts(data.get("conditions")) or [row for group in data.values() for row in dicts(group)]
    joined = " or " if data.get("combinator") == "or" else " and "
    return joined.join(_row(row, turned, failed) for row in rows) or "True"


def _row(row: Mapping[str, Any], turned: Callable[[Any], str], failed: list[str]) -> str:
    operator = row.get("operator") or row.get("operation") or "equals"
    said = str(table(operator).get("operation") or "") if isinstance(operator, dict) else str(operator)
    drawn = _DRAWN.get(_OPERATORS.get(said, ""))
    if drawn is None:
        failed.append(said[:60])
        return "False"
    left = _operand(row.get("leftValue", row.get("value1")), turned)
    return drawn.format(l=left, r=_operand(row.get("rightValue", row.get("value2")), turned))


def _operand(value: Any, turned: Callable[[Any], str]) -> str:
    text = turned(value) if isinstance(value, str) else value
    hole = words.HOLE.fullmatch(text.strip()) if isinstance(text, str) else None
    return hole.group(1).strip() if hole else repr(text)
