"""One plan: its timeline and critical path, who does what and why, what may go wrong, and its way into a workflow."""

import reflex as rx

from frontend import routes, shell
from frontend.components import dialogs, frames, notes, sections, tables
from frontend.components.agents import meter
from frontend.components.figure_tiles import figure_tiles
from frontend.components.gantt import gantt
from frontend.components.links import link
from frontend.components.plan_form import goal_fields
from frontend.components.plan_runs import plan_runs
from frontend.components.plan_versions import plan_versions
from frontend.components.plans import plan_chip, risk_chip
from frontend.state.frame import Frame
from frontend.state.plan import Plan
from frontend.state.plan_rows import Danger, Doing, Worker
from frontend.state.plan_runs import PlanRuns

_TASKS = "minmax(0, 2fr) minmax(0, 1fr) 130px minmax(0, 2fr)"
_TEAM = "minmax(0, 2fr) 100px minmax(0, 1.4fr) 106px 90px"


@rx.page(route=routes.PLAN, title="Plan · Quadrille", on_load=[Frame.load, Plan.load, PlanRuns.load])
def plan_page() -> rx.Component:
    """Shows a plan, or says why it cannot."""
    return shell.page(
        frames.one(Plan.missing, Plan.id != "", _plan()),
        title=rx.cond(Plan.title != "", Plan.title, "Plan"),
        before_title=frames.back(routes.PLANS, "All plans"),
        action=rx.cond((Plan.id != "") & Frame.may_edit, _actions()),
    )


def _actions() -> rx.Component:
    return rx.el.div(
        _again(),
        rx.cond(
            (Plan.accepted == Plan.version) & (Plan.workflow_href != ""),
            link(rx.button(rx.icon("workflow", size=14), "Open the workflow"), to=Plan.workflow_href),
            rx.cond(Plan.problems.length() == 0, _accept()),
        ),
        class_name="qk-actions",
    )


def _again() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(
            rx.button(rx.icon("refresh-cw", size=14), "Plan again", variant="soft", color_scheme="gray")
        ),
        rx.dialog.content(
            rx.dialog.title("Plan again"),
            rx.dialog.description(
                "Change what you like; this version stays.", size="2", class_name="qk-muted"
            ),
            dialogs.sent(
                goal_fields(Plan.form, Plan.agents),
                sections.field("Why, for those who look later", "reason", max_length=500),
                button="Plan again",
                on_submit=Plan.again,
                key=f"{Plan.id}-{Plan.version}",
            ),
            max_width="640px",
        ),
    )


def _accept() -> rx.Component:
    makes = rx.cond(
        Plan.lacking.length() > 0,
        rx.el.p("These agents are made: ", Plan.lacking.join(", "), ".", class_name="qk-small"),
        rx.el.p("No agent has to be made.", class_name="qk-small"),
    )
    return dialogs.form(
        makes,
        rx.cond(
            Plan.lacking.length() > 0,
            sections.field(
                "Their model", "model", placeholder="empty: that of their role, offline", max_length=200
            ),
        ),
        trigger=rx.button(rx.icon("check", size=14), "Accept into a workflow"),
        title="Accept this plan?",
        sentence="The editor shows its diagram as a proposal: you accept it there, whole or in parts.",
        button="Accept",
        on_submit=Plan.accept,
    )


def _plan() -> rx.Component:
    return rx.el.div(
        rx.cond(Plan.goal != "", rx.el.p(Plan.goal, class_name="qk-plan-goal")),
        _facts(),
        rx.foreach(Plan.problems, lambda one: notes.problem(one[0], fix=one[1])),
        figure_tiles(Plan.tiles),
        rx.tabs.root(
            rx.tabs.list(
                rx.tabs.trigger("Timeline", value="time"),
                rx.tabs.trigger("Tasks", value="tasks"),
                rx.tabs.trigger("Team", value="team"),
                rx.tabs.trigger("Risks", value="risks"),
                rx.tabs.trigger("Why", value="why"),
                rx.tabs.trigger("Runs", value="runs"),
                rx.tabs.trigger("Versions", value="versions"),
                class_name="qk-tabs",
            ),
            rx.tabs.content(_timeline(), value="time"),
            rx.tabs.content(_tasks(), value="tasks"),
            rx.tabs.content(_team(), value="team"),
            rx.tabs.content(_risks(), value="risks"),
            rx.tabs.content(_why(), value="why"),
            rx.tabs.content(plan_runs(), value="runs"),
            rx.tabs.content(plan_versions(), value="versions"),
            default_value="time",
        ),
        class_name="qk-stack",
    )


def _facts() -> rx.Component:
    return rx.el.div(
        rx.el.span(plan_chip(Plan.state)),
        rx.el.span(rx.icon("route", size=14), Plan.domain, title="Where the way comes from"),
        rx.el.span(rx.icon("history", size=14), f"Version {Plan.version} of {Plan.newest}"),
        rx.cond(
            (Plan.proposal_href != "") & Frame.may_edit,
            link(rx.icon("git-compare", size=14), "Show its diagram beside the draft", to=Plan.proposal_href),
        ),
        frames.copied_id(Plan.id),
        class_name="qk-facts qk-agent-facts",
    )


def _timeline() -> rx.Component:
    return rx.cond(
        Plan.bars.length() > 0,
        rx.el.div(
            gantt(),
            sections.section(
                "Critical path",
                "These follow each other from the start to the end; whoever shortens one of them shortens the whole.",
                rx.fragment(),
                rx.el.ol(
                    rx.foreach(Plan.path, _on_path),
                    class_name="qk-path",
                    custom_attrs={"data-testid": "critical"},
                ),
            ),
        ),
        rx.el.p(
            "There is no timeline, because the plan is not possible as it is. Plan again with other limits.",
            class_name="qk-hint",
        ),
    )


def _on_path(one: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return rx.el.li(
        rx.el.strong(one[0]), rx.el.span(one[1], " · ", one[2], class_name="qk-small qk-muted qk-number")
    )


def _tasks() -> rx.Component:
    heads = ("Task", "Who", "Slack", "Why")
    return tables.table(_TASKS, heads, rx.foreach(Plan.doings, _doing))


def _doing(one: rx.vars.ObjectVar[Doing]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(one.title, class_name="qk-name"),
            rx.cond(one.what != "", rx.el.span(one.what, class_name="qk-small qk-muted")),
            rx.cond(one.needs != "", rx.el.span(one.needs, class_name="qk-hint")),
            class_name="qk-two qk-plan-task",
            style={"--qk-depth": one.depth.to(str)},
            custom_attrs={"data-card": "full"},
        ),
        rx.el.div(rx.el.span(one.who), rx.el.span(one.takes, class_name="qk-hint"), class_name="qk-two"),
        rx.el.span(
            one.slack,
            class_name="qk-small",
            custom_attrs={"data-critical": rx.cond(one.critical, "true", "false")},
        ),
        rx.el.span(one.why, class_name="qk-small qk-muted", custom_attrs={"data-card": "full"}),
        class_name="qk-row qk-row-tall qk-agent-row qk-plan-row",
        custom_attrs={"data-sort": one.sort},
    )


def _team() -> rx.Component:
    heads = ("Agent", "Tasks", "Share of the time", "Busy", "Cost")
    return tables.table(_TEAM, heads, rx.foreach(Plan.workers, _worker))


def _worker(one: rx.vars.ObjectVar[Worker]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(
                one.href != "",
                tables.row_link(one.name.to(str), one.href.to(str)),
                rx.el.span(
                    one.name,
                    rx.cond(one.new, rx.badge("new", size="1", class_name="qk-plan-new"), rx.fragment()),
                    class_name="qk-name",
                ),
            ),
            rx.el.span(one.about, class_name="qk-small qk-muted qk-clip", title=one.about),
            class_name="qk-two",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(one.tasks, class_name="qk-small"),
        rx.el.span(
            meter(one.share, one.percent.to(str)),
            rx.el.strong(one.percent, class_name="qk-number"),
            class_name="qk-measured",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(one.busy, class_name="qk-number"),
        rx.el.span(one.cost, class_name="qk-number"),
        class_name="qk-row qk-row-tall qk-agent-row",
    )


def _risks() -> rx.Component:
    return rx.cond(
        Plan.dangers.length() > 0,
        rx.el.ul(rx.foreach(Plan.dangers, _danger), class_name="qk-risks"),
        rx.el.p("No rule found anything that speaks against it.", class_name="qk-hint"),
    )


def _danger(one: rx.vars.ObjectVar[Danger]) -> rx.Component:
    return rx.el.li(
        rx.el.span(risk_chip(one.severity.to(str))),
        rx.el.div(
            rx.el.span(one.message),
            rx.el.span(
                rx.icon("shield-check", size=14), one.mitigation, class_name="qk-small qk-muted qk-with-icon"
            ),
            class_name="qk-two",
        ),
    )


def _why() -> rx.Component:
    return rx.el.ul(
        rx.foreach(
            Plan.reasons,
            lambda one: rx.el.li(rx.el.span(one[0], class_name="qk-small qk-muted"), rx.el.span(one[1])),
        ),
        class_name="qk-risks qk-reasons",
    )
