"""Values that a form refuses are named by field."""

import pytest

from backend.core import forms
from backend.core.errors import Invalid

FORM = {
    "type": "object",
    "properties": {
        "mail": {"type": "string", "minLength": 3},
        "tier": {"enum": ["gold", "silver"]},
        "pattern": {"type": "integer"},
    },
    "required": ["mail"],
    "additionalProperties": False,
}


def places(value: object) -> list[str]:
    return [problem.place for problem in forms.problems(FORM, value, "input")]


def test_a_fitting_value_has_no_problem() -> None:
    assert places({"mail": "ünï@example.org", "tier": "gold", "pattern": 3}) == []
    assert forms.problems({}, {"anything": [1, None]}, "input") == []


def test_every_wrong_field_is_named_at_once() -> None:
    assert places({"tier": "lead", "pattern": "x"}) == ["input.mail", "input.pattern", "input.tier"]
    assert "gold, silver" in forms.problems(FORM, {"mail": "abc", "tier": "x"}, "input")[0].fix
    assert places(["not an object"]) == ["input"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": {"a": {"pattern": "(a+)+$"}}},
        {"allOf": [{"patternProperties": {}}]},
    ],
)
def test_an_unusable_form_is_named(schema: dict[str, object]) -> None:
    assert forms.problems(schema, {}, "form")[0].message.startswith("The form")


def test_a_remote_reference_is_never_fetched() -> None:
    with pytest.raises(Invalid, match="uses `\\$ref`"):
        forms.require({"$ref": "http://127.0.0.1:9/schema"}, 1, "input")


def test_what_no_store_keeps_is_refused_before_the_form() -> None:
    assert places({"mail": "abc", "tier": ["a\0b"]}) == ["input.tier[0]"]
