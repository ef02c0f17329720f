"""The button on a run that adds it to an evaluation set, and its dialog."""

import reflex as rx

from frontend.components import dialogs
from frontend.components.links import link
from frontend.components.sections import field
from frontend.state.frame import Frame
from frontend.state.run_evaluation import WHOLE, RunEvaluation


def add() -> rx.Component | rx.Var:
    """For those who may edit the workflow."""
    button = rx.el.button(
        rx.icon("list-checks", size=14),
        "Add to an evaluation set",
        class_name="qk-copy",
        style={"cursor": "pointer"},
        title="Make a case of this run: its input, its end, and what it gave",
        on_click=RunEvaluation.ask,
    )
    return rx.cond(Frame.may_edit, rx.fragment(button, _dialog()))


def _dialog() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title("Add to an evaluation set"),
            rx.cond(RunEvaluation.added != "", _added(), _form()),
            max_width="460px",
        ),
        open=RunEvaluation.asking,
        on_open_change=RunEvaluation.close,
    )


def _form() -> rx.Component:
    return rx.fragment(
        rx.dialog.description(
            "The run becomes a case: its input, how it ended, what it gave, and how people answered it.",
            size="2",
            class_name="qk-muted",
        ),
        dialogs.sent(
            _select("Set", "set", RunEvaluation.sets, RunEvaluation.first),
            _select("Expect", "step", RunEvaluation.steps, WHOLE),
            field("Name of the case", "name", placeholder="Empty: named after the run", max_length=200),
            button="Add the case",
            on_submit=RunEvaluation.add,
            on_cancel=RunEvaluation.close,
        ),
    )


def _added() -> rx.Component:
    return rx.fragment(
        rx.dialog.description("“" + RunEvaluation.added + "” is a case now.", size="2"),
        rx.el.div(
            rx.button("Close", variant="soft", color_scheme="gray", on_click=RunEvaluation.close),
            link("Open the set", to=RunEvaluation.href, class_name="qk-link"),
            class_name="qk-dialog-buttons",
            style={"alignItems": "center"},
        ),
    )


def _select(label: str, name: str, options: rx.vars.ArrayVar, first: str | rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.select.root(
            rx.select.trigger(custom_attrs={"aria-label": label}),
            rx.select.content(rx.foreach(options, lambda one: rx.select.item(one.label, value=one.value))),
            name=name,
            default_value=first,
            key=first,
        ),
        class_name="qk-field",
    )
