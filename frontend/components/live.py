"""Asks the server again, from the browser, while somebody looks at the page."""

from typing import Any

import reflex as rx


def refresh(every_seconds: float | rx.Var[float], handler: Any) -> rx.Component:
    """A hidden button that `assets/shell.js` presses at intervals while the page is visible, and on return to it."""
    return rx.el.button(
        hidden=True,
        on_click=handler,
        aria_hidden="true",
        tab_index=-1,
        custom_attrs={"data-refresh": every_seconds},
    )
