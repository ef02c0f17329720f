"""The timeline of a plan: a row for each task, bars in time, lines between what waits and what is waited for."""

import reflex as rx

from frontend.state.plan import Plan
from frontend.state.plan_timeline import Bar, Tick


def gantt() -> rx.Component:
    """Bars are placed in percent, so it fits every width; on phones the names stand above their bars."""
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="qk-gantt-name"),
            rx.el.div(rx.foreach(Plan.ticks, _tick), class_name="qk-gantt-axis", aria_hidden="true"),
            class_name="qk-gantt-head",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.svg(
                    rx.foreach(Plan.lines, lambda line: rx.el.svg.path(d=line)),
                    view_box=Plan.box,
                    preserve_aspect_ratio="none",
                    class_name="qk-gantt-lines",
                ),
                rx.foreach(Plan.ticks, lambda tick: rx.el.i(style={"left": tick.left})),
                rx.cond(
                    Plan.deadline != "",
                    rx.el.b(
                        style={"left": Plan.deadline}, title="Deadline", custom_attrs={"data-deadline": ""}
                    ),
                ),
                class_name="qk-gantt-back",
                aria_hidden="true",
            ),
            rx.foreach(Plan.bars, _row),
            class_name="qk-gantt-rows",
            role="list",
        ),
        rx.el.div(
            *(
                rx.el.span(rx.el.i(custom_attrs={"data-sort": sort}), word)
                for sort, word in (
                    ("critical", "critical: a delay here delays the end"),
                    ("work", "work, with how late it may be"),
                    ("approval", "people are asked"),
                )
            ),
            rx.cond(
                Plan.deadline != "", rx.el.span(rx.el.i(custom_attrs={"data-sort": "deadline"}), "deadline")
            ),
            class_name="qk-legend qk-gantt-legend",
        ),
        class_name="qk-gantt",
        custom_attrs={"data-testid": "gantt"},
    )


def _tick(tick: rx.vars.ObjectVar[Tick]) -> rx.Component:
    return rx.el.span(tick.word, style={"left": tick.left})


def _row(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(bar.title, class_name="qk-clip qk-gantt-title", title=bar.title),
            rx.cond(bar.who != "", rx.el.span(bar.who, class_name="qk-small qk-muted qk-clip")),
            class_name="qk-gantt-name",
            style={"--qk-depth": bar.depth.to(str)},
        ),
        rx.el.div(
            rx.el.div(
                class_name="qk-gantt-bar", style={"left": bar.left, "width": bar.width}, title=bar.says
            ),
            rx.el.div(
                class_name="qk-gantt-late",
                style={"left": f"calc({bar.left} + {bar.width})", "width": bar.late},
            ),
            class_name="qk-gantt-track",
        ),
        class_name="qk-gantt-row",
        role="listitem",
        aria_label=bar.says,
        key=bar.id,
        custom_attrs={"data-sort": bar.sort},
    )
