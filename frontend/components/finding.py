"""What stands above a list: chips that filter it, and the field in which people type what they look for (`/`)."""

from typing import Any

import reflex as rx
from reflex_base.components.tags import CommonTag
from reflex_components_core.el.elements.base import BaseHTML


class _Sought(BaseHTML):
    """The `qk-sought` element of `assets/shell.js`: shows the word in the field before it, unless somebody types there."""

    tag = "data"

    def _render(self, props: dict[str, Any] | None = None) -> CommonTag:
        return super()._render(props).set(name='"qk-sought"')


def find(what: str, *, hint: str, text: rx.Var[str] | str, on_submit: Any) -> rx.Component:
    """`what` is the list's name; the handler gets `{"text": …}`."""
    return rx.form(
        rx.input(
            rx.input.slot(rx.icon("search", size=14)),
            name="text",
            placeholder=hint,
            default_value=text,
            aria_label=f"Find {what}",
            custom_attrs={"data-hotkey": "/"},
        ),
        _Sought.create(custom_attrs={"text": text}),
        on_submit=on_submit,
        class_name="qk-find",
    )


def filter_chip(
    *words: str | rx.Component | rx.Var, chosen: rx.Var[bool] | bool, on_click: Any
) -> rx.Component:
    """A filter that is on or off."""
    pressed = rx.cond(chosen, "true", "false")
    return rx.el.button(*words, class_name="qk-chip", aria_pressed=pressed, on_click=on_click)
