"""Rows of the evaluation page: what a case came to, and a case of the set."""

import reflex as rx

from frontend.components import dialogs, tables
from frontend.components.links import link
from frontend.state.evaluation import Evaluation
from frontend.state.evaluation_forms import EvaluationForms
from frontend.state.evaluation_rows import CaseRow, ResultRow
from frontend.state.frame import Frame


def result(row: rx.vars.ObjectVar[ResultRow]) -> rx.Component:
    """With why it did not pass, and what changed."""
    return rx.el.div(
        rx.el.div(
            rx.cond(
                row.href != "",
                tables.row_link(row.case, row.href),
                rx.el.span(row.case, class_name="qk-name qk-clip"),
            ),
            rx.el.span(row.state, class_name="qk-muted qk-small"),
            class_name="qk-two",
        ),
        rx.el.span(
            rx.match(
                row.passed,
                ("yes", rx.icon("circle-check", size=14, class_name="qk-passed", aria_label="passes")),
                ("no", rx.icon("circle-x", size=14, class_name="qk-not-passed", aria_label="does not pass")),
                rx.icon("circle-dashed", size=14, class_name="qk-muted", aria_label="not yet"),
            ),
            rx.el.span(row.score, class_name="qk-score"),
            class_name="qk-with-icon",
        ),
        rx.el.div(
            rx.match(
                row.change,
                (
                    "better",
                    rx.badge("better, was " + row.before.to(str), color_scheme="green", variant="soft"),
                ),
                ("worse", rx.badge("worse, was " + row.before.to(str), color_scheme="red", variant="soft")),
                ("added", rx.badge("new", color_scheme="blue", variant="soft")),
                rx.fragment(),
            ),
            rx.cond(
                row.why != "", rx.el.span(row.why, class_name="qk-small", style={"overflowWrap": "anywhere"})
            ),
            class_name="qk-why",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(row.took, class_name="qk-small qk-muted"),
        class_name="qk-row qk-row-tall qk-result-row",
        custom_attrs={"data-testid": "result", "data-passed": row.passed},
    )


def case(row: rx.vars.ObjectVar[CaseRow]) -> rx.Component:
    """Opens its form."""
    return rx.el.div(
        rx.el.div(
            rx.cond(
                Frame.may_edit,
                rx.el.button(
                    row.name,
                    class_name="qk-bare qk-name qk-clip qk-cover",
                    on_click=EvaluationForms.edit_case(row.id),
                    custom_attrs={"data-row": ""},
                ),
                rx.el.span(row.name, class_name="qk-name qk-clip"),
            ),
            rx.cond(
                row.from_run != "",
                link("from a run", to=row.from_run, class_name="qk-link qk-small qk-over"),
                rx.el.span(row.checks, class_name="qk-muted qk-small qk-clip"),
            ),
            class_name="qk-two",
        ),
        rx.el.span(row.input, class_name="qk-mono qk-small qk-clip", custom_attrs={"data-card": "full"}),
        rx.el.span(row.ends, class_name="qk-small"),
        rx.el.span(
            rx.cond(
                Frame.may_edit,
                dialogs.sure(
                    trigger=rx.icon_button(
                        rx.icon("trash-2", size=14),
                        variant="ghost",
                        color_scheme="gray",
                        title="Remove this case",
                        custom_attrs={"aria-label": "Remove this case"},
                    ),
                    title="Remove “" + row.name.to(str) + "”?",
                    sentence="What it came to before stays with its evaluations.",
                    button="Remove",
                    on_click=Evaluation.remove_case(row.id),
                ),
            ),
            class_name="qk-row-actions qk-over",
        ),
        class_name="qk-row qk-row-tall qk-case-row",
        custom_attrs={"data-testid": "case"},
        key=row.id,
    )
