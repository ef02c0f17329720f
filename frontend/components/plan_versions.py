"""The versions of a plan, each with why it was made."""

import reflex as rx

from frontend.components import dialogs, tables
from frontend.components.moments import moment
from frontend.state.frame import Frame
from frontend.state.plan import Plan

_VERSIONS = "56px minmax(0, 2fr) minmax(0, 2fr) 110px 90px"


def plan_versions() -> rx.Component:
    """The newest first, and the way to forget them all."""
    heads = ("", "Why", "What", "When", "")
    return rx.el.div(
        tables.table(_VERSIONS, heads, rx.foreach(Plan.versions, _version)),
        rx.cond(
            Frame.may_edit,
            rx.el.div(
                dialogs.sure(
                    trigger=rx.button(
                        rx.icon("trash-2", size=14), "Forget this plan", variant="soft", color_scheme="red"
                    ),
                    title="Forget this plan?",
                    sentence="All its versions go. The workflow and the agents that came of it stay.",
                    button="Forget",
                    on_click=Plan.remove,
                ),
                class_name="qk-more",
            ),
        ),
    )


def _version(one: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.strong(f"v{one[0]}", class_name="qk-number"),
        rx.el.span(one[1], class_name="qk-clip", title=one[1]),
        rx.el.span(one[2], rx.cond(one[4] != "", f" · {one[4]}", ""), class_name="qk-small qk-muted"),
        rx.el.span(moment(one[3]), class_name="qk-small qk-muted"),
        rx.button("Show", size="1", variant="soft", color_scheme="gray", on_click=Plan.show(one[0].to(int))),
        class_name="qk-row qk-agent-row",
    )
