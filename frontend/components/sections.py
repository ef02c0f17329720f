"""A section of a page with its own action, and the fields of its dialogs."""

from typing import Any

import reflex as rx


def section(
    title: str | rx.Var[str],
    sentence: str | rx.Var[str] | rx.Var,
    action: rx.Component,
    content: rx.Component | rx.Var,
) -> rx.Component:
    """What it is about, what can be done, and what stands now."""
    return rx.el.section(
        rx.el.div(
            rx.el.div(rx.el.h2(title), rx.el.p(sentence, class_name="qk-hint")),
            action,
            class_name="qk-section-head",
        ),
        content,
        class_name="qk-section",
        custom_attrs={"aria-label": title},
    )


def field(label: str, name: str, **more: Any) -> rx.Component:
    """One line of a form."""
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"), rx.input(name=name, **more), class_name="qk-field"
    )


def number(label: str, name: str, value: str | rx.Var[str]) -> rx.Component:
    """A whole number from 0 on."""
    return field(label, name, type="number", default_value=value, min=0, required=True)
