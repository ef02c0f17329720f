"""MCP servers of the team: what they offer, what of it is accepted, and what changed since somebody looked."""

from typing import Literal

import reflex as rx

from frontend import routes, shell
from frontend.components import dialogs, notes
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.sections import field
from frontend.state.frame import Frame
from frontend.state.tool_servers import EFFECTS, ServerRow, ToolRow, ToolServers


@rx.page(route=routes.TOOL_SERVERS, title="Tool servers · Quadrille", on_load=[Frame.load, ToolServers.load])
def tool_servers_page() -> rx.Component:
    """A section for each server."""
    return shell.page(
        rx.cond(
            ToolServers.loaded,
            rx.cond(ToolServers.rows.length() > 0, rx.foreach(ToolServers.rows, _server), _empty()),
            notes.skeleton(),
        ),
        before_title=link(
            rx.icon("arrow-left", size=16), to=routes.SETTINGS, custom_attrs={"aria-label": "Settings"}
        ),
        title="Tool servers",
        action=rx.cond(ToolServers.may_manage, _add()),
        narrow=True,
    )


def _empty() -> rx.Component:
    return notes.empty(
        "No tool servers yet",
        "Name an MCP server, and its tools appear here. Agents can use them once somebody has read and accepted them.",
        icon="plug",
    )


def _add() -> rx.Component:
    return dialogs.form(
        field("Name", "name", placeholder="shop", required=True, max_length=24),
        field("Address", "address", placeholder="https://tools.example/mcp", required=True),
        field("Secret", "secret", placeholder="Sent as bearer token; empty sends none"),
        trigger=rx.button(rx.icon("plus", size=16), "Add server"),
        title="Add a tool server",
        sentence="Its address speaks MCP over HTTP. It is asked for its tools at once; nothing of it can be used before "
        "you accept it.",
        button="Add and look",
        on_submit=ToolServers.add,
    )


def _server(server: rx.vars.ObjectVar[ServerRow]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2(server.name),
                rx.el.p(
                    rx.el.span(server.address, class_name="qk-mono"),
                    rx.cond(server.looked != "", rx.fragment(" · looked at ", moment(server.looked.to(str)))),
                    class_name="qk-hint",
                    style={"overflowWrap": "anywhere"},
                ),
                style={"minWidth": 0},
            ),
            rx.cond(ToolServers.may_manage, _steer(server)),
            class_name="qk-section-head",
        ),
        rx.cond(server.problem != "", notes.problem(server.problem.to(str))),
        rx.cond(
            server.tools.length() > 0,
            rx.el.div(rx.foreach(server.tools.to(list[ToolRow]), _tool), class_name="qk-stack"),
            rx.el.p("It offers no tools.", class_name="qk-hint"),
        ),
        class_name="qk-section",
        custom_attrs={"aria-label": server.name},
    )


def _steer(server: rx.vars.ObjectVar[ServerRow]) -> rx.Component:
    return rx.el.div(
        rx.button(
            rx.icon("refresh-cw", size=14),
            "Look again",
            variant="soft",
            on_click=ToolServers.look(server.name),
        ),
        dialogs.sure(
            trigger=rx.icon_button(
                rx.icon("trash-2", size=15),
                variant="ghost",
                color_scheme="gray",
                title="Remove the server",
                custom_attrs={"aria-label": "Remove the server"},
            ),
            title=f"Remove “{server.name}”?",
            sentence="Agents that use its tools fail until there is one of this name again.",
            button="Remove",
            on_click=ToolServers.remove(server.name),
        ),
        class_name="qk-with-icon",
        style={"flexShrink": 0},
    )


def _tool(tool: rx.vars.ObjectVar[ToolRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                rx.el.strong(tool.title, class_name="qk-clip"),
                rx.match(
                    tool.state,
                    ("accepted", _state("accepted", "green")),
                    ("new", _state("new", "blue")),
                    ("changed", _state("changed", "amber")),
                    _state(tool.state, "gray"),
                ),
                rx.foreach(
                    tool.effects.to(list[str]),
                    lambda one: rx.badge(one, variant="outline", color_scheme="gray"),
                ),
                class_name="qk-with-icon",
                style={"flexWrap": "wrap"},
            ),
            rx.el.div(tool.called, class_name="qk-mono qk-small qk-muted qk-clip"),
            rx.el.p(tool.description, class_name="qk-small", style={"overflowWrap": "anywhere"}),
        ),
        rx.cond(tool.waits & ToolServers.may_manage, _review(tool)),
        class_name="qk-card",
        style={
            "display": "flex",
            "gap": "16px",
            "justifyContent": "space-between",
            "alignItems": "flex-start",
        },
    )


def _state(word: rx.Var[str] | str, colour: Literal["green", "blue", "amber", "gray"]) -> rx.Component:
    return rx.badge(word, color_scheme=colour, variant="soft", high_contrast=True)


def _review(tool: rx.vars.ObjectVar[ToolRow]) -> rx.Component:
    """Its definition with what changed, and what the tool does, before it is accepted."""
    return dialogs.form(
        rx.el.pre(tool.shown, class_name="qk-code", custom_attrs={"data-testid": "definition"}),
        *(
            rx.el.input(type="hidden", name=name, value=value)
            for name, value in (("server", tool.server), ("tool", tool.name), ("digest", tool.digest))
        ),
        rx.el.div(
            rx.el.span("What it does", class_name="qk-label"),
            *(
                rx.el.label(
                    rx.checkbox(name=one, default_checked=tool.effects.contains(one), size="1"),
                    one,
                    class_name="qk-with-icon qk-small",
                )
                for one in EFFECTS
            ),
            class_name="qk-field",
        ),
        trigger=rx.button("Review", variant="soft"),
        title=tool.called.to(str),
        sentence="Models are told of this text. Read it as you would read a stranger's instructions; + and - mark what "
        "changed since it was accepted.",
        button="Accept",
        on_submit=ToolServers.accept,
    )
