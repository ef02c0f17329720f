"""The runs of a plan beside it: forecast, where they left it, and what can be done about that."""

import reflex as rx

from backend.planning.watching.policy import MOST_ADDED
from frontend.components import dialogs, sections
from frontend.components.links import link
from frontend.components.plans import risk_chip
from frontend.state.frame import Frame
from frontend.state.plan_runs import Line, PlanRuns


def plan_runs() -> rx.Component:
    """The newest first; or what has to happen before there are any. Above them, what needs no person."""
    return rx.el.div(_policy(), _runs(), class_name="qk-stack")


def _policy() -> rx.Component:
    """What is done about deviations without asking."""
    return rx.el.div(
        rx.el.span(
            PlanRuns.policy_told, class_name="qk-small qk-muted", custom_attrs={"data-testid": "policy"}
        ),
        rx.cond(
            Frame.may_edit,
            dialogs.form(
                _rule("Give tasks that have not begun to others", "reallocate"),
                _rule("Plan the rest again", "replan"),
                _percent(),
                trigger=rx.button(
                    rx.icon("shield-check", size=14), "Policy", size="1", variant="soft", color_scheme="gray"
                ),
                title="When a run leaves this plan",
                sentence="What is done without asking is done in your name. Budget, agents and approvals of the plan hold in any case.",
                button="Save",
                on_submit=PlanRuns.set_policy,
            ),
        ),
        class_name="qk-actions",
    )


def _rule(label: str, name: str) -> rx.Component:
    options = (("ask", "Ask a person"), ("perform", "Do it without asking"))
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.el.select(
            *(rx.el.option(text, value=value) for value, text in options),
            name=name,
            default_value=PlanRuns.rules[name],
            class_name="qk-select",
        ),
        class_name="qk-field",
    )


def _percent() -> rx.Component:
    most = int(MOST_ADDED * 100)
    return sections.field(
        f"At most so many percent more than planned, 0 to {most}",
        "percent",
        type="number",
        min=0,
        max=most,
        required=True,
        default_value=PlanRuns.percent,
        key=PlanRuns.percent,
        custom_attrs={"step": "any"},
    )


def _runs() -> rx.Component | rx.Var:
    return rx.cond(
        PlanRuns.lines.length() > 0,
        rx.el.ul(rx.foreach(PlanRuns.lines, _line), class_name="qk-risks qk-plan-runs"),
        rx.el.p(
            "No run has been compared with this plan yet. Accept it into a workflow, and start that: its runs appear "
            "here a few seconds later.",
            class_name="qk-hint",
        ),
    )


def _line(one: rx.vars.ObjectVar[Line]) -> rx.Component | rx.Var:
    return rx.match(
        one.sort,
        ("run", _run(one)),
        ("deviation", rx.el.li(rx.el.span(risk_chip(one.severity.to(str))), rx.el.span(one.title))),
        _adaptation(one),
    )


def _run(one: rx.vars.ObjectVar[Line]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.icon("play", size=14), "Run", class_name="qk-with-icon qk-small qk-muted"),
        rx.el.div(
            link(one.title.to(str), to=one.href.to(str)),
            rx.el.span(one.told, class_name="qk-small qk-muted"),
            rx.cond(
                one.is_open & Frame.may_edit,
                rx.el.div(
                    _replan(one.id.to(str)),
                    class_name="qk-actions",
                ),
            ),
            class_name="qk-two",
        ),
        custom_attrs={"data-testid": "plan-run"},
    )


def _replan(run_id: rx.Var[str]) -> rx.Component:
    return dialogs.form(
        rx.el.input(type="hidden", name="run", value=run_id),
        sections.field(
            "Model that takes the rest apart",
            "model",
            placeholder="empty: as the plan was made",
            max_length=200,
        ),
        trigger=rx.button(rx.icon("route", size=14), "Plan the rest again", size="1", variant="soft"),
        title="Plan the rest of this run again?",
        sentence="What is done stays with its results. The rest of the goal is taken apart again; tasks that are not needed any more are dropped, each with a reason. The run pauses after its step and goes on with the new version.",
        button="Plan the rest again",
        on_submit=PlanRuns.replan,
    )


def _adaptation(one: rx.vars.ObjectVar[Line]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.icon("wand-sparkles", size=14), "Advice", class_name="qk-with-icon qk-small qk-muted"),
        rx.el.div(
            rx.el.span(one.title),
            rx.el.span(one.told, class_name="qk-small qk-muted"),
            rx.cond(
                one.is_open & Frame.may_edit,
                rx.el.div(
                    rx.button("Do it", size="1", on_click=PlanRuns.accept(one.id)),
                    rx.button(
                        "Dismiss",
                        size="1",
                        variant="soft",
                        color_scheme="gray",
                        on_click=PlanRuns.dismiss(one.id),
                    ),
                    class_name="qk-actions",
                ),
            ),
            class_name="qk-two",
        ),
        custom_attrs={"data-testid": "adaptation"},
    )
