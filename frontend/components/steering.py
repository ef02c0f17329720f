"""The buttons that steer a run: those that cannot be pressed say why."""

from typing import Any

import reflex as rx

from frontend.components import dialogs
from frontend.state.frame import Frame
from frontend.state.run_ending import Ending


def button(
    icon: str, word: str, why_not: rx.Var[str], on_click: Any, *, main: bool = False, danger: bool = False
) -> rx.Component:
    """A button that says why it cannot be pressed, where it cannot."""
    reason = rx.cond(Frame.may_steer, why_not, "Your role may watch runs, not steer them.")
    pressed = rx.button(
        rx.icon(icon, size=14),
        word,
        variant="solid" if main else "soft",
        color_scheme="red" if danger else "iris" if main else "gray",
        disabled=reason != "",
        on_click=on_click,
    )
    return rx.el.span(pressed, title=reason, custom_attrs={"data-testid": "steer-" + word.split()[0].lower()})


def sure_to_end(then: Any) -> rx.Component:
    """The question before a run is ended; `then` shows what became of it."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title("Cancel this run?"),
            rx.alert_dialog.description(
                "Steps under way are stopped, sagas are undone. What is done stays done, and the history is kept."
            ),
            rx.el.label(
                "Why, for the history",
                rx.text_area(
                    default_value="",
                    on_change=Ending.say.debounce(150),
                    aria_label="Why",
                    placeholder="Wrong customer",
                    rows="2",
                ),
                class_name="qk-small",
                style={"display": "block", "marginTop": "12px"},
            ),
            dialogs.problem(),
            rx.el.div(
                rx.button("Let it go on", variant="soft", color_scheme="gray", on_click=Ending.ask(False)),
                rx.el.span(
                    rx.button(
                        "Terminate",
                        variant="soft",
                        color_scheme="red",
                        disabled=Ending.note.strip() == "",
                        on_click=[Ending.terminate, then],
                        custom_attrs=dialogs.SENDS,
                    ),
                    title=rx.cond(
                        Ending.note.strip() == "",
                        "Say why first: it ends at once, and no saga is undone.",
                        "Ends at once; no saga is undone.",
                    ),
                ),
                rx.button(
                    "Cancel the run",
                    color_scheme="red",
                    on_click=[Ending.cancel, then],
                    custom_attrs=dialogs.SENDS,
                ),
                class_name="qk-dialog-actions",
            ),
            max_width="440px",
            custom_attrs=dialogs.WAITS,
        ),
        open=Ending.asking,
        on_open_change=Ending.ask,
    )
