"""The forms of an evaluation set and of a case: what is wrong is said in them, and nothing that was written is lost."""

from typing import Any

import reflex as rx

from frontend.components import dialogs
from frontend.components.sections import field
from frontend.state.evaluation_forms import EvaluationForms
from frontend.state.evaluation_rows import ENDS

_METRICS = (
    "One or more, as YAML or JSON. Metrics: contains, exact, expression, fields, judge, number, regex, schema, similarity. "
    "For example: - {metric: contains, of: output.answer, texts: [refund]}"
)


def forms() -> rx.Component:
    """Both; at most one is open."""
    return rx.fragment(
        _dialog("set", EvaluationForms.save_set, *_of_set()),
        _dialog("case", EvaluationForms.save_case, *_of_case()),
    )


def _dialog(name: str, on_submit: Any, *fields: rx.Component) -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(EvaluationForms.title),
            dialogs.sent(
                *fields,
                button="Save",
                on_submit=on_submit,
                on_cancel=EvaluationForms.close,
                key=EvaluationForms.shown,
            ),
            max_width="620px",
            aria_describedby="",
        ),
        open=EvaluationForms.form == name,
        on_open_change=EvaluationForms.close,
    )


def _of_set() -> tuple[rx.Component, ...]:
    values = EvaluationForms.values
    return (
        field("Name", "name", default_value=values["name"], required=True, max_length=200, auto_focus=True),
        field("Description", "description", default_value=values["description"], max_length=2000),
        _text("Checks of every case", "checks", _METRICS, rows="4"),
    )


def _of_case() -> tuple[rx.Component, ...]:
    values = EvaluationForms.values
    return (
        field("Name", "name", default_value=values["name"], required=True, max_length=200, auto_focus=True),
        _text("Input", "input", "What the run begins with, as YAML or JSON.", rows="4"),
        rx.el.div(
            rx.el.label(
                rx.el.span("The run", class_name="qk-label"),
                rx.select.root(
                    rx.select.trigger(custom_attrs={"aria-label": "How the run has to end"}),
                    rx.select.content(*(rx.select.item(word, value=name) for name, word in ENDS.items())),
                    name="ends",
                    default_value=values["ends"],
                ),
                class_name="qk-field",
            ),
            field(
                "Within seconds", "within", default_value=values["within"], type="number", min=1, max=86400
            ),
            class_name="qk-pair",
        ),
        _text(
            "Expected output", "expected", "Fields that it must have; empty where checks say all.", rows="3"
        ),
        _text("Checks of this case", "checks", _METRICS, rows="3"),
        _text(
            "Answers to its approvals",
            "answers",
            "In their order, in your name, for example: - {verdict: approved}. Empty: nobody answers.",
            rows="2",
        ),
    )


def _text(label: str, name: str, hint: str, *, rows: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.text_area(
            name=name,
            default_value=EvaluationForms.values[name],
            rows=rows,
            resize="vertical",
            class_name="qk-mono",
            spell_check=False,
        ),
        rx.el.span(hint, class_name="qk-hint"),
        class_name="qk-field",
    )
