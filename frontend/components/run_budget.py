"""What a run has spent beside what it may, as a bar; and the trace id that its steps send along."""

from typing import Any

import reflex as rx


def shown(words: rx.Var[str] | str, used: Any) -> rx.Component | rx.Var:
    """Tokens and money; with a bar where something limits them, which warns from four fifths on."""
    state = rx.cond(used >= 100, "over", rx.cond(used >= 80, "near", "well"))
    bar = rx.el.span(
        rx.el.span(style={"width": f"{used}%"}),
        role="progressbar",
        aria_label="Budget used",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=used,
        class_name="qk-meter",
        title=f"{used} % of its budget",
        custom_attrs={"data-state": state},
    )
    return rx.cond(
        words != "",
        rx.el.span(
            rx.icon("coins", size=14),
            words,
            rx.cond(used >= 0, bar),
            title="What its models read, wrote and cost",
            custom_attrs={"data-testid": "budget"},
        ),
    )


def trace(trace_id: rx.Var[str] | str) -> rx.Component:
    """An id that other systems know the run by; a click puts it into the clipboard."""
    return rx.el.button(
        "trace ",
        trace_id,
        class_name="qk-copy qk-mono qk-clip",
        title="Copy the W3C trace id, which the run's steps send to the addresses they ask",
        on_click=rx.set_clipboard(trace_id),
        custom_attrs={"data-testid": "trace-id"},
    )
