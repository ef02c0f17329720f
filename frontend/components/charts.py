"""Small charts, drawn as SVG by the server: what they show is also said in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

WIDTH, HEIGHT, GAP = 100.0, 32.0, 0.8


@dataclass
class Bar:
    """A part of a stacked column, in the chart's own measure."""

    x: str
    y: str
    width: str
    height: str
    colour: str


def bars(columns: Sequence[Sequence[tuple[int, str]]]) -> list[Bar]:
    """Stacked columns: each a list of numbers with the state whose colour they have."""
    most = highest(columns)
    if not most:
        return []
    step, found = WIDTH / len(columns), list[Bar]()
    for place, column in enumerate(columns):
        top = HEIGHT
        for number, state in column:
            height = HEIGHT * number / most
            top -= height
            if number:
                colour = f"var(--qk-state-{state}-ink)"
                found.append(
                    Bar(f"{place * step:.2f}", f"{top:.2f}", f"{step - GAP:.2f}", f"{height:.2f}", colour)
                )
    return found


def highest(columns: Sequence[Sequence[tuple[int, str]]]) -> int:
    """The sum of the highest column."""
    return max((sum(number for number, _ in column) for column in columns), default=0)


def plot(
    drawn: rx.Component, *, most: str | rx.Var[str], below: Sequence[str], legend: Sequence[str]
) -> rx.Component:
    """A chart with its measure at the left, words below, and what its colours mean."""
    keys = (
        rx.el.span(rx.el.i(style={"--qk-legend": f"var(--qk-state-{state}-ink)"}), state) for state in legend
    )
    return rx.fragment(
        rx.el.div(
            rx.el.div(rx.el.span(most), rx.el.span("0"), class_name="qk-plot-top", aria_hidden="true"),
            drawn,
            rx.el.div(*(rx.el.span(word) for word in below), class_name="qk-plot-below", aria_hidden="true"),
            class_name="qk-plot",
        ),
        rx.el.div(*keys, class_name="qk-legend"),
    )


def chart(drawn: rx.vars.ArrayVar[Sequence[Bar]], says: str | rx.Var[str]) -> rx.Component:
    """The columns on a base line."""
    return rx.el.svg(
        rx.foreach(
            drawn,
            lambda bar: rx.el.svg.rect(x=bar.x, y=bar.y, width=bar.width, height=bar.height, fill=bar.colour),
        ),
        view_box=f"0 0 {WIDTH:g} {HEIGHT:g}",
        preserve_aspect_ratio="none",
        class_name="qk-chart",
        role="img",
        aria_label=says,
    )
