"""The team's agents: who they are, what they work with, how they do; and the ready-made roles to begin with."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from backend.agents import ready_made, service
from backend.agents.schemas import AgentCreate, AgentPublic
from backend.monitoring import agent_figures
from backend.monitoring.agent_schemas import AgentFigures
from frontend import routes, shell
from frontend.components import frames, live, tables
from frontend.components.agents import agent_chip, gallery, role_icon
from frontend.components.moments import moment
from frontend.rules import allows
from frontend.state import edge, figures
from frontend.state.frame import Frame
from frontend.state.iso import iso

_COLUMNS = "minmax(0, 2.6fr) minmax(150px, 1.2fr) 112px 116px 64px 100px"
_PAGE = 50


@dataclass
class Row:
    """An agent in the list."""

    id: str
    name: str
    about: str
    role: str
    model: str
    state: str
    success: str
    steps: str
    cost: str
    changed: str
    href: str


class Agents(rx.State):
    """The first pages of the list."""

    loaded: bool = False
    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    has_more: bool = False
    shown: int = _PAGE
    with_terminated: bool = False

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """The newest."""
        self.shown = _PAGE
        await self._read()
        self.loaded = True

    @rx.event
    @allows("workflow.read")
    async def refresh(self):
        """The same a moment later."""
        await self._read()

    @rx.event
    @allows("workflow.read")
    async def more(self):
        """Another page."""
        self.shown += _PAGE
        await self._read()

    @rx.event
    @allows("workflow.read")
    async def flip_terminated(self, wanted: bool):
        """Show those that were terminated, or hide them again."""
        self.with_terminated = wanted
        await self._read()

    @rx.event
    @allows("workflow.edit")
    async def begin(self, role: str) -> EventSpec:
        """A new agent, from a ready-made role where one is named; its page is where it gets its own words."""
        title = ready_made.get(role).title if role else "New agent"
        async with edge.writing() as (session, by):
            name = await service.free_name(session, by, title)
            made = await service.create(session, by, AgentCreate(name=name, from_role=role or None))
        return rx.redirect(routes.agent(made.id))

    async def _read(self) -> None:
        limit = min(self.shown, service.MAX_PAGE)
        async with edge.reading() as (session, by):
            page = await service.list_(session, by, limit=limit, with_terminated=self.with_terminated)
            did = await agent_figures.of_many(session, by, [one.id for one in page.items])
        rows = [_row(one, did[one.id]) for one in page.items]
        if rows != self.rows:
            self.rows = rows
        self.has_more = page.next_cursor is not None and limit < service.MAX_PAGE


def _row(one: AgentPublic, did: AgentFigures) -> Row:
    return Row(
        id=one.id,
        name=one.name,
        about=one.problems[0].message if one.problems else one.goal,
        role=one.role,
        model=one.model,
        state=one.state,
        success=figures.share(did.success_rate),
        steps=f"of {figures.count(did.steps)}" if did.steps else "",
        cost=figures.money(did.cost),
        changed=iso(one.changed_at),
        href=routes.agent(one.id),
    )


@rx.page(route=routes.AGENTS, title="Agents · Quadrille", on_load=[Frame.load, Agents.load])
def agents_page() -> rx.Component:
    """A row opens the agent's page."""
    return shell.page(
        live.refresh(5, Agents.refresh),
        frames.listed(Agents.loaded, Agents.rows, _table(), _empty()),
        tables.more(Agents.has_more, Agents.more),
        title="Agents",
        action=rx.cond(Frame.may_edit, _new()),
        filters=rx.el.label(
            rx.switch(size="1", checked=Agents.with_terminated, on_change=Agents.flip_terminated),
            "Show terminated",
            class_name="qk-with-icon qk-small qk-muted",
        ),
    )


def _new() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(rx.button(rx.icon("plus", size=14), "New agent")),
        rx.dialog.content(
            rx.dialog.title("New agent"),
            rx.dialog.description(
                "Begin with a ready-made role; everything can be changed on the agent's page.",
                size="2",
                class_name="qk-muted",
            ),
            gallery(Agents.begin),
            max_width="720px",
        ),
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2("Your first colleague that never sleeps"),
            rx.el.p(
                "An agent has a role, instructions, a model and tools. Workflows name it, its versions are kept, "
                "and what it does well shows in its figures.",
                class_name="qk-muted",
            ),
            class_name="qk-lead-in",
        ),
        rx.cond(
            Frame.may_edit,
            gallery(Agents.begin),
            rx.el.p("Editors of the team can make one.", class_name="qk-hint"),
        ),
        class_name="qk-stack",
    )


def _table() -> rx.Component:
    heads = ("Name", "Model", "State", "Success, 30 days", "Cost", "Changed")
    return tables.table(_COLUMNS, heads, rx.foreach(Agents.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            role_icon(row.role.to(str)),
            rx.el.div(
                tables.row_link(row.name.to(str), row.href.to(str)),
                rx.el.span(row.about, class_name="qk-small qk-muted qk-clip", title=row.about),
                class_name="qk-two",
            ),
            class_name="qk-person",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(row.model, class_name="qk-mono qk-small qk-clip", title=row.model),
        rx.el.span(agent_chip(row.state.to(str)), class_name="qk-right"),
        rx.el.span(
            rx.el.span(row.success),
            rx.el.span(" ", row.steps, class_name="qk-muted qk-small"),
            class_name="qk-number",
        ),
        rx.el.span(row.cost, class_name="qk-number", custom_attrs={"data-card": "hide"}),
        rx.el.span(
            moment(row.changed.to(str)), class_name="qk-muted qk-small", custom_attrs={"data-card": "hide"}
        ),
        class_name="qk-row qk-row-tall qk-agent-row",
        key=row.id,
    )
