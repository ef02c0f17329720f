"""One agent: how it does, its profile, what it can and the evidence, its versions, and where it is used."""

from typing import Any

import reflex as rx

from frontend import routes, shell
from frontend.components import dialogs, frames, live, notes, sections, tables
from frontend.components.agent_fields import profile_form
from frontend.components.agents import agent_chip, meter, role_icon
from frontend.components.figure_tiles import figure_tiles
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.states import chip
from frontend.state.agent import Able, Agent, AskedBy, Named, Went, Written
from frontend.state.frame import Frame

_VERSION_COLUMNS = "64px minmax(0, 2.4fr) minmax(0, 1fr) 130px 110px"
_RUN_COLUMNS = "minmax(0, 2fr) 180px 90px 110px"
_ABLE_COLUMNS = "minmax(0, 1.4fr) minmax(0, 1.6fr) minmax(0, 1.4fr) 40px"


@rx.page(route=routes.AGENT, title="Agent · Quadrille", on_load=[Frame.load, Agent.load])
def agent_page() -> rx.Component:
    """Shows an agent, or says why it cannot."""
    return shell.page(
        live.refresh(4, Agent.refresh),
        frames.one(Agent.missing, Agent.id != "", _agent()),
        title=rx.cond(Agent.name != "", Agent.name, "Agent"),
        before_title=frames.back(routes.AGENTS, "All agents"),
        action=rx.cond((Agent.id != "") & (Agent.state != "terminated"), _actions()),
    )


def _may_change() -> Any:
    return Frame.may_edit & (Agent.state != "terminated")


def _actions() -> rx.Component:
    export = rx.el.a(
        rx.button(rx.icon("download", size=14), "Export", variant="soft", color_scheme="gray", type="button"),
        href=f"/api/v1/agents/file?agent={Agent.id}",
        download=True,
        title="This agent as a YAML file",
    )
    return rx.el.div(export, rx.cond(Frame.may_edit, _terminate()), class_name="qk-actions")


def _terminate() -> rx.Component:
    return dialogs.form(
        sections.field("Why, for those who look later", "reason", max_length=500),
        trigger=rx.button(rx.icon("power", size=14), "Terminate", variant="soft", color_scheme="red"),
        title=f"Terminate “{Agent.name}”?",
        sentence="It is asked never again, and workflows that name it are refused. What it did stays.",
        button="Terminate",
        on_submit=Agent.terminate,
    )


def _agent() -> rx.Component:
    return rx.el.div(
        _facts(),
        rx.foreach(Agent.problems, lambda one: notes.problem(one[0], fix=one[1])),
        figure_tiles(Agent.tiles),
        rx.tabs.root(
            rx.tabs.list(
                rx.tabs.trigger("Profile", value="profile"),
                rx.tabs.trigger("Capabilities", value="able"),
                rx.tabs.trigger("Versions", value="versions"),
                rx.tabs.trigger("Used in", value="used"),
                rx.tabs.trigger("Lifecycle", value="life"),
                class_name="qk-tabs",
            ),
            rx.tabs.content(profile_form(_may_change()), value="profile"),
            rx.tabs.content(_capabilities(), value="able"),
            rx.tabs.content(_versions(), value="versions"),
            rx.tabs.content(_used(), value="used"),
            rx.tabs.content(_lifecycle(), value="life"),
            default_value="profile",
        ),
        class_name="qk-stack",
    )


def _facts() -> rx.Component:
    return rx.el.div(
        role_icon(Agent.role, size=16),
        rx.el.span(agent_chip(Agent.state)),
        rx.cond(Agent.role != "", rx.el.span(Agent.role)),
        rx.el.span(rx.icon("cpu", size=14), Agent.model, class_name="qk-mono", title="Model"),
        rx.el.span(rx.icon("history", size=14), f"Version {Agent.version}"),
        frames.copied_id(Agent.id),
        class_name="qk-facts qk-agent-facts",
    )


def _capabilities() -> rx.Component:
    return sections.section(
        "Capabilities",
        "How well it does each, from what was said and what its newest steps came to. Planners choose by it.",
        rx.cond(_may_change(), _add()),
        rx.cond(
            Agent.able.length() > 0,
            tables.table(
                _ABLE_COLUMNS, ("Can", "How well", "Newest outcomes", ""), rx.foreach(Agent.able, _able)
            ),
            rx.el.p("Nobody has said what it can yet.", class_name="qk-hint"),
        ),
    )


def _add() -> rx.Component:
    percent = {"type": "number", "default_value": "50", "min": 0, "max": 100, "required": True}
    return dialogs.form(
        sections.field("Can", "name", placeholder="e.g. contract law", required=True, max_length=60),
        sections.field("How well, in percent, as far as you know", "proficiency", **percent),
        trigger=rx.button(rx.icon("plus", size=14), "Add", variant="soft"),
        title="A capability",
        sentence="One of the same name gets the new figure; its evidence stays.",
        button="Add",
        on_submit=Agent.add_capability,
    )


def _able(one: rx.vars.ObjectVar[Able]) -> rx.Component:
    return rx.el.div(
        rx.el.span(one.name, class_name="qk-name qk-clip", title=one.name),
        rx.el.div(
            rx.el.span(
                meter(one.proficiency, one.percent.to(str)),
                rx.el.strong(one.percent, class_name="qk-number"),
                class_name="qk-measured",
            ),
            rx.el.span(one.shown, class_name="qk-hint"),
            class_name="qk-two",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.div(
            rx.foreach(one.last, _outcome), class_name="qk-outcomes", custom_attrs={"data-card": "full"}
        ),
        rx.el.div(
            rx.cond(
                _may_change(),
                dialogs.sure(
                    trigger=rx.icon_button(
                        rx.icon("trash-2", size=15),
                        variant="ghost",
                        color_scheme="gray",
                        title="Remove this capability",
                    ),
                    title=f"Remove “{one.name}”?",
                    sentence="Its evidence goes with it.",
                    button="Remove",
                    on_click=Agent.remove_capability(one.name),
                ),
            ),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row qk-row-tall qk-agent-row",
        key=one.name,
    )


def _outcome(one: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return link(
        to=one[0], title=one[2], aria_label=one[2], class_name="qk-dot", custom_attrs={"data-state": one[1]}
    )


def _versions() -> rx.Component:
    return sections.section(
        "Versions",
        "Runs keep the version that they asked first; new runs ask the newest.",
        rx.fragment(),
        tables.table(
            _VERSION_COLUMNS,
            ("", "What and why", "Success, 30 days", "When", ""),
            rx.foreach(Agent.versions, _version),
        ),
    )


def _version(one: rx.vars.ObjectVar[Written]) -> rx.Component:
    restore = dialogs.sure(
        trigger=rx.button("Restore", size="1", variant="soft", color_scheme="gray"),
        title=f"Restore version {one.number}?",
        sentence="It becomes the newest version. Those between stay.",
        button="Restore",
        on_click=Agent.restore(one.number),
        colour="iris",
    )
    return rx.el.div(
        rx.el.strong(f"v{one.number}", class_name="qk-number"),
        rx.el.div(
            rx.el.span(one.changes, class_name="qk-clip", title=one.changes),
            rx.el.span(
                one.by,
                rx.cond(one.reason != "", f": {one.reason}", ""),
                class_name="qk-small qk-muted qk-clip",
                title=one.reason,
            ),
            class_name="qk-two",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(one.figures, class_name="qk-small qk-muted"),
        rx.el.span(moment(one.at.to(str)), class_name="qk-small qk-muted qk-right"),
        rx.el.div(
            rx.cond(one.current, rx.badge("Current", variant="soft"), rx.cond(_may_change(), restore)),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row qk-row-tall qk-agent-row",
        key=one.number,
    )


def _used() -> rx.Component:
    nowhere = rx.el.p(
        "No published workflow names it. Choose it in the settings of an Agent node.", class_name="qk-hint"
    )
    return rx.el.div(
        sections.section(
            "Workflows that name it",
            "As they are published now.",
            rx.fragment(),
            rx.cond(
                Agent.uses.length() > 0,
                rx.el.div(rx.foreach(Agent.uses, _use), class_name="qk-facts"),
                nowhere,
            ),
        ),
        sections.section(
            "Newest runs",
            "The last ten that asked it.",
            rx.fragment(),
            rx.cond(
                Agent.runs.length() > 0,
                tables.table(
                    _RUN_COLUMNS, ("Workflow", "State", "Asked", "When"), rx.foreach(Agent.runs, _run)
                ),
                rx.el.p("It was never asked.", class_name="qk-hint"),
            ),
        ),
    )


def _use(one: rx.vars.ObjectVar[Named]) -> rx.Component:
    return link(
        rx.icon("workflow", size=14),
        one.name,
        rx.el.span(one.nodes, class_name="qk-muted qk-small"),
        to=one.href,
        class_name="qk-link",
    )


def _run(one: rx.vars.ObjectVar[AskedBy]) -> rx.Component:
    return rx.el.div(
        tables.row_link(one.name.to(str), one.href.to(str)),
        rx.el.span(chip(one.status.to(str))),
        rx.el.span(one.steps, class_name="qk-small qk-muted"),
        rx.el.span(moment(one.at.to(str)), class_name="qk-small qk-muted"),
        class_name="qk-row",
        key=one.href,
    )


def _lifecycle() -> rx.Component:
    return sections.section(
        "Lifecycle",
        "The newest changes of its state.",
        rx.fragment(),
        rx.el.ol(rx.foreach(Agent.went, _went), class_name="qk-list qk-went"),
    )


def _went(one: rx.vars.ObjectVar[Went]) -> rx.Component:
    return rx.el.li(
        rx.el.span(one.way),
        rx.el.span(one.why, class_name="qk-muted qk-small qk-clip", title=one.why),
        rx.el.span(moment(one.at.to(str)), class_name="qk-muted qk-small"),
    )
