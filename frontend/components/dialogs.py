"""Small dialogs: a form over the page, a question before something is lost, a text to copy once."""

from typing import Any, Literal

import reflex as rx

CLOSE = rx.call_script("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
"""As Escape does. A form is closed when it is sent and not by a click, since a click may find a field that lacks."""


def form(
    *fields: rx.Component,
    trigger: rx.Component,
    title: str | rx.Var[str],
    button: str,
    on_submit: Any,
    sentence: str | rx.Var[str] = "",
) -> rx.Component:
    """A form that closes when it is sent; a handler that refuses answers with a toast."""
    return rx.dialog.root(
        rx.dialog.trigger(trigger),
        rx.dialog.content(
            rx.dialog.title(title),
            rx.dialog.description(sentence, size="2", class_name="qk-muted"),
            rx.form(
                *fields,
                rx.el.div(
                    rx.dialog.close(rx.button("Cancel", variant="soft", color_scheme="gray", type="button")),
                    rx.button(button, type="submit"),
                    class_name="qk-dialog-buttons",
                ),
                on_submit=[on_submit, CLOSE],
                class_name="qk-fields",
            ),
            max_width="460px",
        ),
    )


def sure(
    *,
    trigger: rx.Component,
    title: str | rx.Var[str],
    sentence: str | rx.Var[str],
    button: str,
    on_click: Any,
    colour: Literal["red", "iris"] = "red",
) -> rx.Component:
    """A question before something cannot be taken back; the safe answer has the focus."""
    return rx.alert_dialog.root(
        rx.alert_dialog.trigger(trigger),
        rx.alert_dialog.content(
            rx.alert_dialog.title(title),
            rx.alert_dialog.description(sentence, size="2"),
            rx.el.div(
                rx.alert_dialog.cancel(rx.button("Cancel", variant="soft", color_scheme="gray")),
                rx.alert_dialog.action(rx.button(button, color_scheme=colour, on_click=on_click)),
                class_name="qk-dialog-buttons",
            ),
            max_width="420px",
        ),
    )


def once(text: rx.Var[str] | str, *, title: str, sentence: str, on_close: Any) -> rx.Component:
    """A text that is shown this one time, with a button that copies it."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title),
            rx.dialog.description(sentence, size="2", class_name="qk-muted"),
            rx.el.div(text, class_name="qk-code", custom_attrs={"data-testid": "once"}),
            rx.el.div(
                rx.button(
                    rx.icon("copy", size=14),
                    "Copy",
                    variant="soft",
                    on_click=[rx.set_clipboard(text), rx.toast.success("Copied.")],
                ),
                rx.button("Done", on_click=on_close),
                class_name="qk-dialog-buttons",
            ),
            max_width="560px",
            on_escape_key_down=on_close,
        ),
        open=rx.Var.create(text) != "",
    )
