"""The evaluation of a workflow: which version does best with the cases of a set, and which cases became better or worse."""

from typing import Any

import reflex as rx

from frontend import routes, shell
from frontend.components import dialogs, evaluation_forms, evaluation_rows, frames, live, notes, tables
from frontend.components.finding import filter_chip
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.sections import section
from frontend.state.evaluation import Evaluation
from frontend.state.evaluation_forms import EvaluationForms
from frontend.state.evaluation_rows import Choice, EvaluationRow
from frontend.state.frame import Frame

_SCORES = "minmax(0, 1.4fr) minmax(0, 1.6fr) minmax(0, 1.4fr) 100px"
_RESULTS = "minmax(0, 1.6fr) 88px minmax(0, 3fr) 96px"
_CASES = "minmax(0, 1.4fr) minmax(0, 3fr) minmax(0, 1.2fr) 76px"


@rx.page(route=routes.EVALUATION, title="Evaluation · Quadrille", on_load=[Frame.load, Evaluation.load])
def evaluation_page() -> rx.Component:
    """A set with its scores, what each case came to, and its cases."""
    return shell.page(
        live.refresh(1, Evaluation.refresh),
        frames.one(
            Evaluation.missing,
            Evaluation.shown != "",
            rx.cond(Evaluation.sets.length() > 0, _set(), _no_set()),
        ),
        evaluation_forms.forms(),
        title=rx.cond(Evaluation.name != "", "Evaluation of " + Evaluation.name, "Evaluation"),
        before_title=frames.back(routes.WORKFLOWS, "Workflows"),
        action=rx.el.div(
            rx.cond(
                Evaluation.shown != "",
                link(
                    "Open the editor",
                    to=routes.WORKFLOWS + "/" + Evaluation.shown,
                    class_name="qk-link qk-small",
                ),
            ),
            rx.cond(
                Frame.may_edit & (Evaluation.sets.length() > 0),
                rx.button(
                    rx.icon("plus", size=14), "New set", variant="soft", on_click=EvaluationForms.new_set
                ),
            ),
            class_name="qk-actions",
        ),
        filters=rx.cond(Evaluation.sets.length() > 1, rx.foreach(Evaluation.sets, _chip)),
    )


def _chip(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return filter_chip(
        one.label, chosen=one.value == Evaluation.set_id, on_click=Evaluation.choose_set(one.value)
    )


def _no_set() -> rx.Component:
    return notes.empty(
        "No evaluation set yet",
        "A set holds cases: an input, how the run has to end, and what its output must be. Played against a version it "
        "gives a score, so that you see whether a change made the workflow better. Any run can become a case, too.",
        icon="list-checks",
        action=rx.fragment(
            rx.cond(Frame.may_edit, rx.button("Make the first set", on_click=EvaluationForms.new_set))
        ),
    )


def _set() -> rx.Component:
    return rx.fragment(
        section(Evaluation.set_name, Evaluation.about, _steer(), _scores()),
        rx.cond(Evaluation.chosen != "", _results()),
        section(
            "Cases",
            "What is played, and what has to come of it.",
            rx.fragment(
                rx.cond(
                    Frame.may_edit,
                    rx.button(
                        rx.icon("plus", size=14),
                        "Add case",
                        variant="soft",
                        on_click=EvaluationForms.new_case,
                    ),
                )
            ),
            rx.cond(
                Evaluation.cases.length() > 0,
                tables.table(
                    _CASES,
                    ("Case", "Input", "Has to", ""),
                    rx.foreach(Evaluation.cases, evaluation_rows.case),
                ),
                rx.el.p(
                    "No case yet. Add one here, or open a run and press “Add to an evaluation set”.",
                    class_name="qk-hint",
                ),
            ),
        ),
    )


def _steer() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Frame.may_start & (Evaluation.cases.length() > 0),
            rx.fragment(
                _select(
                    "Version to play", Evaluation.versions, Evaluation.version, Evaluation.choose_version
                ),
                rx.button(rx.icon("play", size=14), "Evaluate", on_click=Evaluation.start),
            ),
        ),
        rx.cond(
            Frame.may_edit,
            rx.fragment(
                rx.icon_button(
                    rx.icon("pencil", size=15),
                    variant="ghost",
                    color_scheme="gray",
                    title="Edit the set",
                    on_click=EvaluationForms.edit_set,
                    custom_attrs={"aria-label": "Edit the set"},
                ),
                dialogs.sure(
                    trigger=rx.icon_button(
                        rx.icon("trash-2", size=15),
                        variant="ghost",
                        color_scheme="gray",
                        title="Remove the set",
                        custom_attrs={"aria-label": "Remove the set"},
                    ),
                    title="Remove “" + Evaluation.set_name + "”?",
                    sentence="Its cases and scores go with it; the runs stay.",
                    button="Remove",
                    on_click=Evaluation.remove_set,
                ),
            ),
        ),
        class_name="qk-actions qk-evaluating",
    )


def _select(label: str, options: rx.vars.ArrayVar, value: str | rx.Var[str], on_change: Any) -> rx.Component:
    return rx.select.root(
        rx.select.trigger(custom_attrs={"aria-label": label}),
        rx.select.content(rx.foreach(options, lambda one: rx.select.item(one.label, value=one.value))),
        value=value,
        on_change=on_change,
    )


def _scores() -> rx.Component:
    return rx.cond(
        Evaluation.rows.length() > 0,
        tables.table(_SCORES, ("Version", "Score", "Cases", "When"), rx.foreach(Evaluation.rows, _score)),
        rx.el.p("No version has been evaluated with this set yet.", class_name="qk-hint"),
    )


def _score(row: rx.vars.ObjectVar[EvaluationRow]) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            row.version,
            class_name="qk-bare qk-name qk-clip qk-cover",
            on_click=Evaluation.choose(row.id),
            aria_pressed=rx.cond(row.chosen, "true", "false"),
            custom_attrs={"data-row": ""},
        ),
        rx.el.span(
            rx.el.strong(rx.cond(row.score != "", row.score, "…"), class_name="qk-score"),
            _meter(row),
            class_name="qk-with-icon",
        ),
        rx.el.span(
            row.told,
            rx.cond(row.before, rx.badge("compared with", variant="soft", color_scheme="gray")),
            class_name="qk-with-icon qk-small qk-muted",
        ),
        moment(row.at, class_name="qk-small qk-muted"),
        class_name="qk-row",
        key=row.id,
        custom_attrs={
            "data-chosen": row.chosen.to(str),
            "data-testid": "evaluation",
            "data-status": row.status,
        },
    )


def _meter(row: rx.vars.ObjectVar[EvaluationRow]) -> rx.Component:
    return rx.el.span(
        rx.el.i(style={"width": f"{row.percent}%"}),
        class_name="qk-meter",
        role="progressbar",
        aria_label=rx.cond(row.status == "running", "Cases played", "Score"),
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=row.percent,
    )


def _results() -> rx.Component:
    acts = rx.el.div(
        rx.cond(
            Evaluation.others.length() > 0,
            rx.select.root(
                rx.select.trigger(custom_attrs={"aria-label": "Compare with"}),
                rx.select.content(
                    rx.select.item("Compare with …", value="nothing"),
                    rx.foreach(Evaluation.others, lambda one: rx.select.item(one.label, value=one.value)),
                ),
                value=rx.cond(Evaluation.before != "", Evaluation.before, "nothing"),
                on_change=Evaluation.compare,
            ),
        ),
        rx.cond(
            Evaluation.is_running & Frame.may_steer,
            rx.button(
                rx.icon("square", size=14),
                "Stop",
                variant="soft",
                color_scheme="red",
                on_click=Evaluation.stop,
            ),
        ),
        class_name="qk-actions qk-evaluating",
    )
    told = rx.cond(Evaluation.told != "", Evaluation.told, "What each case came to.")
    table = tables.table(
        _RESULTS, ("Case", "Score", "Why", "Took"), rx.foreach(Evaluation.results, evaluation_rows.result)
    )
    return section(Evaluation.heading, told, acts, table)
