"""Rule rows compare fields with values the way people mean it."""

from typing import Any

import pytest

from backend.nodes import rules
from backend.nodes.rules import Rule, RuleFailed, Rules

SCOPE: dict[str, Any] = {
    "input": {
        "amount": 120,
        "text": "Refund please",
        "code": "7",
        "tags": ["a", "b"],
        "ok": True,
        "none": None,
        "o": {},
    },
    "nodes": {"classify": {"label": "billing", "rows": [{"n": 1}]}},
}


@pytest.mark.parametrize(
    ("field", "operator", "value", "holds"),
    [
        ("input.amount", "equals", 120, True),
        ("input.amount", "equals", "120", True),
        ("input.amount", "not_equals", 120.0, False),
        ("input.amount", "greater", 100, True),
        ("input.amount", "greater", "100", True),
        ("input.amount", "greater_or_equal", 120, True),
        ("input.amount", "less", 120, False),
        ("input.amount", "less_or_equal", 119, False),
        ("input.code", "less", 10, True),
        ("input.missing", "greater", 0, False),
        ("input.missing", "equals", None, True),
        ("input.text", "contains", "REFUND", True),
        ("input.text", "not_contains", "invoice", True),
        ("input.text", "starts_with", "Ref", True),
        ("input.text", "ends_with", "e", True),
        ("input.tags", "contains", "b", True),
        ("input.o", "contains", "key", False),
        ("nodes.classify.label", "one_of", ["billing", "technical"], True),
        ("nodes.classify.rows.0.n", "equals", 1, True),
        ("nodes.classify.rows.5.n", "is_empty", None, True),
        ("input.none", "is_empty", None, True),
        ("input.tags", "is_not_empty", None, True),
        ("input.ok", "is_true", None, True),
        ("input.ok", "equals", 1, False),
        ("input.ok", "equals", "true", True),
        ("input.ok", "is_false", None, False),
    ],
    ids=repr,
)
def test_rows(field: str, operator: Any, value: Any, holds: bool) -> None:
    assert rules.holds(Rules(rows=(Rule(field=field, operator=operator, value=value),)), SCOPE) is holds


def test_all_any_and_none() -> None:
    yes, no = Rule(field="input.ok", operator="is_true"), Rule(field="input.ok", operator="is_false")
    assert rules.holds(Rules(match="all", rows=(yes, yes)), SCOPE)
    assert not rules.holds(Rules(match="all", rows=(yes, no)), SCOPE)
    assert rules.holds(Rules(match="any", rows=(no, yes)), SCOPE)
    assert not rules.holds(Rules(match="any", rows=(no, no)), SCOPE)


def test_what_cannot_be_compared_names_the_field() -> None:
    with pytest.raises(RuleFailed, match=r"`input\.text` is text and cannot be compared with a number"):
        rules.holds(Rules(rows=(Rule(field="input.text", operator="greater", value=1),)), SCOPE)


def test_incomplete_rows_are_told_with_their_place() -> None:
    rows = (
        Rule(),
        Rule(field="amount", value=1),
        Rule(field="input.a"),
        Rule(field="input.a", operator="one_of", value="x"),
        Rule(field="input.a", operator="is_empty"),
    )
    found = rules.problems_of(Rules(rows=rows), place="rules")
    places = [problem.place for problem in found]
    assert places == ["rules.rows.0.field", "rules.rows.1.field", "rules.rows.2.value", "rules.rows.3.value"]


def test_references() -> None:
    assert rules.references(Rules(rows=(Rule(field="nodes.classify.label"), Rule(field="input.x")))) == {
        "classify"
    }
