"""Small dialogs: a form over the page, a question before something is lost, a text to copy once."""

from typing import Any, Literal

import reflex as rx

WAITS, SENDS = {"data-dialog": ""}, {"data-sends": ""}
"""Of what stays until the handler has answered, and of the buttons in it that ask where there is no form."""


def form(
    *fields: rx.Component,
    trigger: rx.Component,
    title: str | rx.Var[str],
    button: str,
    on_submit: Any,
    sentence: str | rx.Var[str] = "",
) -> rx.Component:
    """A form that stays until its handler answers: with `dialog.DONE`, another page, or an error, which stands in it."""
    return rx.dialog.root(
        rx.dialog.trigger(trigger),
        rx.dialog.content(
            rx.dialog.title(title),
            rx.dialog.description(sentence, size="2", class_name="qk-muted"),
            sent(*fields, button=button, on_submit=on_submit),
            max_width="460px",
        ),
    )


def sent(
    *fields: rx.Component,
    button: str | rx.Component,
    on_submit: Any,
    on_cancel: Any = None,
    may_cancel: bool = True,
    **more: Any,
) -> rx.Component:
    """The form in a dialog: fields, the place for a refusal, and the buttons; `on_cancel` where a state closes it."""
    return rx.form(
        *fields,
        problem(),
        rx.el.div(
            _cancel(on_cancel) if may_cancel else rx.fragment(),
            rx.button(button, type="submit"),
            class_name="qk-dialog-buttons",
        ),
        on_submit=on_submit,
        class_name="qk-fields",
        custom_attrs=WAITS,
        **more,
    )


def _cancel(on_click: Any) -> rx.Component:
    closes: dict[str, Any] = {} if on_click is None else {"on_click": on_click}
    button = rx.button(
        "Cancel",
        variant="soft",
        color_scheme="gray",
        type="button",
        custom_attrs={"data-closes": ""},
        **closes,
    )
    return rx.dialog.close(button) if on_click is None else button


def problem() -> rx.Component:
    """Where `assets/dialogs.js` writes why something was refused."""
    return rx.el.p(
        hidden=True, class_name="qk-wrong", role="alert", tab_index=-1, custom_attrs={"data-problem": ""}
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
