"""The frame of the pages before the door: a card on squared paper, a form that posts to the API."""

from typing import Any, Literal

import reflex as rx

from frontend import shell


def entrance(*content: rx.Component, title: str | rx.Var[str]) -> rx.Component:
    """The card in the middle of the page, under the sign of the product."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(shell.mark(), rx.el.span("Quadrille"), class_name="qk-brand"),
            rx.el.h1(title),
            *content,
            class_name="qk-card qk-door",
        ),
        class_name="qk-entrance qk-paper",
        id="main",
    )


def form(*fields: rx.Component, to: str, button: str) -> rx.Component:
    """Fields, the place for what went wrong, and the one button; `assets/forms.js`, in the head of every page, sends it."""
    return rx.el.form(
        *fields,
        rx.el.p(
            class_name="qk-wrong", role="alert", hidden=True, tab_index=-1, custom_attrs={"data-problem": ""}
        ),
        rx.button(button, type="submit", size="3"),
        class_name="qk-fields",
        # Without the script nothing is sent at all: a password must not end up in an address.
        method="post",
        custom_attrs={"data-post": to},
    )


def field(
    label: str, name: str, *, kind: Literal["text", "email", "password"] = "text", hint: str = "", **more: Any
) -> rx.Component:
    """One labelled input."""
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.input(name=name, type=kind, size="3", required=True, custom_attrs={"aria-label": label}, **more),
        rx.el.span(hint, class_name="qk-hint") if hint else rx.fragment(),
        class_name="qk-field",
    )
