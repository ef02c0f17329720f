"""Tables whose rows become cards on phones; a row is one link and can be walked with the arrow keys."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from frontend.components.links import link


def table(columns: str, heads: Sequence[str], rows: rx.Component | rx.Var, **props: Any) -> rx.Component:
    """Columns as CSS grid tracks, with a head that phones do not show."""
    return rx.el.div(
        rx.el.div(*(rx.el.span(head) for head in heads), class_name="qk-head", aria_hidden="true"),
        rows,
        class_name="qk-table",
        style={"--qk-columns": columns},
        **props,
    )


def row_link(text: rx.Var[str] | str, to: str | rx.Var[str]) -> rx.Component:
    """The name in a row, whose link covers the whole row; long names end in an ellipsis and show on hover."""
    return link(text, to=to, title=text, class_name="qk-name qk-clip qk-cover", custom_attrs={"data-row": ""})


def more(shown: rx.Var[bool] | bool, on_click: Any) -> rx.Component:
    """The button under a table that has another page."""
    button = rx.button("Show more", variant="soft", color_scheme="gray", on_click=on_click)
    return rx.cond(shown, rx.el.div(button, class_name="qk-more"))
