"""Forms from JSON Schema: rows for the browser, and typed texts back to values."""

import pytest

from backend.core.errors import Invalid
from frontend.state import forms

SCHEMA = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "title": "Answer", "widget": "textarea"},
        "refund": {"type": "number"},
        "count": {"type": "integer"},
        "tone": {"type": "string", "enum": ["warm", "formal"]},
        "notify": {"type": "boolean"},
        "order": {"type": "object"},
    },
    "required": ["answer"],
}
PROPOSAL = {
    "answer": "Dear Ada",
    "refund": 12,
    "tone": "warm",
    "notify": True,
    "order": {"id": 1},
    "hidden": 7,
}


def test_each_type_gets_its_widget() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    assert [row.widget for row in rows] == ["long", "number", "number", "choice", "switch", "json"]


def test_a_field_without_a_title_gets_a_readable_one() -> None:
    rows = forms.fields({"properties": {"due_date": {"type": "string"}}}, None)
    assert rows[0].title == "Due date"


def test_what_is_not_changed_comes_back_as_it_was() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    typed = {row.name: row.value for row in rows}
    assert forms.values(rows, typed, PROPOSAL) == PROPOSAL


def test_what_the_form_does_not_show_stays() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    assert forms.values(rows, {"answer": "Hi"}, PROPOSAL)["hidden"] == 7


def test_a_switch_that_is_off_is_false_and_not_missing() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    assert forms.values(rows, {"answer": "Hi"}, PROPOSAL)["notify"] is False


def test_an_emptied_optional_number_is_left_out() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    assert "refund" not in forms.values(rows, {"answer": "Hi", "refund": ""}, PROPOSAL)


def test_whole_numbers_stay_whole() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    found = forms.values(rows, {"answer": "Hi", "refund": "12.5", "count": "3"}, PROPOSAL)
    assert (found["refund"], found["count"]) == (12.5, 3)
    assert isinstance(found["count"], int)


def test_every_wrong_field_is_named_at_once() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    with pytest.raises(Invalid) as refused:
        forms.values(rows, {"answer": "Hi", "refund": "ten", "order": "{"}, PROPOSAL)
    assert [problem.place for problem in refused.value.problems] == ["values.refund", "values.order"]


def test_what_was_typed_survives_a_refusal_with_the_reason_beside_it() -> None:
    rows = forms.fields(SCHEMA, PROPOSAL)
    typed = {"answer": "Hi", "refund": "ten"}
    with pytest.raises(Invalid) as refused:
        forms.values(rows, typed, PROPOSAL)
    marked = {row.name: row for row in forms.marked(rows, typed, refused.value.problems)}
    assert (marked["refund"].value, marked["answer"].value) == ("ten", "Hi")
    assert "not a number" in marked["refund"].wrong
    assert marked["answer"].wrong == ""
