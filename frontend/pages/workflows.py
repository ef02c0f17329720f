"""The list of workflows: what each did last, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import reflex as rx
from reflex.event import EventSpec

from backend.runs import service as runs
from backend.runs import starting
from backend.runs.schemas import RunPublic
from backend.workflows import service as workflows
from backend.workflows.models import Workflow
from backend.workflows.repository import Page
from frontend import routes, shell
from frontend.components import frames, live, notes, tables
from frontend.components.finding import find
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.states import chip
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso

PAGE = 50
_COLUMNS = "minmax(0, 3fr) 160px 192px 100px 36px"


@dataclass
class Row:
    """One workflow as the list shows it."""

    id: str
    href: str
    picture: str
    name: str
    description: str
    published: str
    edited_since: bool
    next_run: str
    edited: str
    run_status: str
    run_href: str
    export_href: str


class Workflows(rx.State):
    """Last edited first."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    text: str = ""
    loaded: bool = False
    has_more: bool = False
    removed_id: str = ""
    removed_name: str = ""

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """The first page, as the address asks for it."""
        self.text = self.router.url.query_parameters.get("text", "")
        self.removed_id = self.removed_name = ""
        await self._show(PAGE)
        self.loaded = True

    @rx.event
    @allows("workflow.read")
    async def refresh(self):
        """The same rows as they are now."""
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @allows("workflow.read")
    async def more(self):
        """One page more."""
        await self._show(len(self.rows) + PAGE)

    @rx.event
    @allows("workflow.read")
    async def search(self, typed: dict[str, str]) -> EventSpec:
        """Filter by name."""
        return rx.redirect(routes.workflows(text=typed.get("text", "").strip()))

    @rx.event
    @allows("run.start")
    async def run(self, workflow_id: str) -> EventSpec:
        """Start it with its first sample input, else with none, and watch."""
        async with edge.writing() as (session, by):
            drawn = await workflows.draft(session, by, workflow_id)
            sample = next(iter(drawn.diagram.samples.values()), None)
            run = await starting.start(session, by, workflow_id=workflow_id, input=sample)
        return rx.redirect(routes.run(run.id))

    @rx.event
    @allows("workflow.edit")
    async def duplicate(self, workflow_id: str) -> EventSpec:
        """Copy it and open the copy."""
        async with edge.writing() as (session, by):
            copy = await workflows.duplicate(session, by, workflow_id)
        return rx.redirect(routes.workflow(copy.id))

    @rx.event
    @allows("workflow.edit")
    async def remove(self, workflow_id: str):
        """Put it away at once, and offer to take it back."""
        async with edge.writing() as (session, by):
            gone = await workflows.get(session, by, workflow_id)
            await workflows.archive(session, by, workflow_id)
        self.removed_id, self.removed_name = gone.id, gone.name
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @allows("workflow.edit")
    async def take_back(self):
        """Undo the last removal."""
        async with edge.writing() as (session, by):
            await workflows.unarchive(session, by, self.removed_id)
        self.removed_id = self.removed_name = ""
        await self._show(max(PAGE, len(self.rows)))

    async def _show(self, limit: int) -> None:
        async with edge.reading() as (session, by):
            found, following = await workflows.list_(session, by, Page(limit=limit, search=self.text))
            lives = await workflows.live(session, found)
            last = await runs.last_of(session, by, [one.id for one in found])
        rows = [_row(one, lives.get(one.id, workflows.Live()), last) for one in found]
        if rows != self.rows:
            self.rows = rows
        self.has_more = following is not None


def _row(one: Workflow, live: workflows.Live, last: Mapping[str, RunPublic]) -> Row:
    run = last.get(one.id)
    return Row(
        id=one.id,
        href=routes.workflow(one.id),
        picture=f"/api/v1/workflows/{quote(one.id)}/thumbnail.svg?at={one.edited_at.timestamp()}",
        name=one.name,
        description=one.description,
        published=f"v{live.number}" if live.number else "",
        edited_since=live.edited_since,
        next_run=iso(live.next_run_at) if live.next_run_at else "",
        edited=iso(one.edited_at),
        run_status=(run.shown_as or run.status) if run else "",
        run_href=routes.run(run.id) if run else "",
        export_href=f"/api/v1/workflows/{quote(one.id)}/export?format=yaml",
    )


@rx.page(route=routes.WORKFLOWS, title="Workflows · Quadrille", on_load=[Frame.load, Workflows.load])
def workflows_page() -> rx.Component:
    """A row opens the editor; its menu does the rest."""
    return shell.page(
        live.refresh(5, Workflows.refresh),
        rx.cond(Workflows.removed_id != "", _removed()),
        frames.listed(Workflows.loaded, Workflows.rows, _table(), _empty()),
        tables.more(Workflows.has_more, Workflows.more),
        title="Workflows",
        action=rx.cond(
            Frame.may_edit,
            rx.button(rx.icon("plus", size=14), "New workflow", on_click=rx.redirect(routes.START)),
        ),
        filters=_search(),
    )


def _search() -> rx.Component:
    return find("workflows", hint="Find by name", text=Workflows.text, on_submit=Workflows.search)


def _removed() -> rx.Component:
    return rx.el.div(
        rx.icon("archive", size=16),
        rx.el.span("“", Workflows.removed_name, "” was deleted.", class_name="qk-clip", style={"flex": "1"}),
        rx.button("Undo", variant="soft", size="1", on_click=Workflows.take_back),
        class_name="qk-banner",
        role="status",
    )


def _table() -> rx.Component:
    heads = ("Name", "Last run", "Published", "Edited", "")
    return tables.table(_COLUMNS, heads, rx.foreach(Workflows.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        _name(row),
        rx.cond(
            row.run_status != "",
            link(chip(row.run_status), to=row.run_href, class_name="qk-over", title="Open the last run"),
            rx.el.span("Never run", class_name="qk-muted qk-small"),
        ),
        rx.el.span(
            rx.cond(row.published != "", row.published, "Draft"),
            rx.cond(
                row.edited_since,
                rx.el.span(
                    "edited since", class_name="qk-since", title="The draft has edits that are not published"
                ),
            ),
            rx.cond(row.next_run != "", _next_run(row)),
            class_name="qk-muted qk-small qk-live",
            custom_attrs={"data-card": rx.cond(row.edited_since | (row.next_run != ""), "show", "hide")},
        ),
        moment(row.edited, class_name="qk-muted qk-small qk-over"),
        _menu(row),
        class_name="qk-row qk-row-tall",
        key=row.id,
    )


def _next_run(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    """When it begins by the clock."""
    return rx.el.span(
        rx.icon("clock", size=12),
        rx.el.span("next run"),
        moment(row.next_run, mode="day"),
        class_name="qk-next-run",
        title="It begins by the clock",
    )


def _name(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    """Its picture and its name; the picture's address changes with each edit, so that browsers ask anew."""
    return rx.el.div(
        rx.el.img(src=row.picture, alt="", loading="lazy", class_name="qk-miniature"),
        rx.el.div(
            tables.row_link(row.name, row.href),
            rx.cond(
                row.description != "",
                rx.el.span(row.description, class_name="qk-muted qk-small qk-clip", title=row.description),
            ),
            class_name="qk-two",
        ),
        class_name="qk-pictured",
    )


def _menu(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                rx.icon("ellipsis", size=16),
                class_name="qk-icon-button qk-over qk-end",
                aria_label="More actions",
            )
        ),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                rx.icon("pencil-ruler", size=14), "Open", on_select=rx.redirect(row.href.to(str))
            ),
            rx.dropdown_menu.item(
                rx.icon("play", size=14),
                "Run",
                disabled=rx.cond(Frame.may_start, False, True),
                on_select=Workflows.run(row.id),
            ),
            rx.dropdown_menu.item(
                rx.icon("copy", size=14),
                "Duplicate",
                disabled=rx.cond(Frame.may_edit, False, True),
                on_select=Workflows.duplicate(row.id),
            ),
            rx.dropdown_menu.item(
                rx.icon("download", size=14), "Export", on_select=rx.download(url=row.export_href.to(str))
            ),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                rx.icon("trash-2", size=14),
                "Delete",
                color="red",
                disabled=rx.cond(Frame.may_edit, False, True),
                on_select=Workflows.remove(row.id),
            ),
            align="end",
            variant="soft",
        ),
    )


def _empty() -> rx.Component:
    return rx.cond(
        Workflows.text != "",
        notes.empty(
            "No workflow is called so",
            "Another word may find it; deleted ones are not searched.",
            icon="search-x",
            action=rx.button("Show all", variant="soft", on_click=rx.redirect(routes.WORKFLOWS)),
        ),
        notes.empty(
            "Your team has no workflow yet",
            "A workflow is a drawing of who does what in which order. The quickest way is a template: it runs at once.",
            icon="workflow",
            action=rx.button("Choose a template", on_click=rx.redirect(routes.START)),
        ),
    )
