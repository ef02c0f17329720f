"""Figures beside each other, each with its name above and a hint below."""

from collections.abc import Sequence

import reflex as rx


def figure_tiles(rows: rx.vars.ArrayVar[Sequence[list[str]]]) -> rx.Component:
    """Each row is a name, a figure, a hint, and the state whose colour the figure has."""
    return rx.el.div(rx.foreach(rows, _tile), class_name="qk-tiles qk-agent-tiles")


def _tile(one: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.span(one[0], class_name="qk-small qk-muted"),
        rx.el.strong(one[1], class_name="qk-figure qk-number"),
        rx.el.span(one[2], class_name="qk-hint"),
        class_name="qk-card qk-figure-card",
        custom_attrs={"data-state": one[3]},
    )
