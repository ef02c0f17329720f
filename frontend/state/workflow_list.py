"""The list of workflows as its page holds it: what each did last, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import reflex as rx
from reflex.event import EventSpec

from backend.runs import service as runs
from backend.runs import starting
from backend.runs.schemas import RunPublic
from backend.workflows import pausing
from backend.workflows import service as workflows
from backend.workflows.models import Workflow
from backend.workflows.repository import Page
from frontend import routes
from frontend.rules import allows
from frontend.state import edge
from frontend.state.iso import iso

PAGE = 50


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
    starts: Literal["", "going", "paused"]
    """Whether events or times begin runs of it."""
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

    @rx.event
    @allows("run.start")
    async def pause_starts(self, workflow_id: str):
        """Nothing begins it any more but people."""
        async with edge.writing() as (session, by):
            await pausing.pause(session, by, workflow_id)
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @allows("run.start")
    async def resume_starts(self, workflow_id: str):
        """It begins by itself again."""
        async with edge.writing() as (session, by):
            await pausing.resume(session, by, workflow_id)
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
    run, paused = last.get(one.id), one.starts_paused_at is not None
    return Row(
        id=one.id,
        href=routes.workflow(one.id),
        picture=f"/api/v1/workflows/{quote(one.id)}/thumbnail.svg?at={one.edited_at.timestamp()}",
        name=one.name,
        description=one.description,
        published=f"v{live.number}" if live.number else "",
        edited_since=live.edited_since,
        next_run=iso(live.next_run_at) if live.next_run_at else "",
        starts="paused" if paused else "going" if live.begins_itself else "",
        edited=iso(one.edited_at),
        run_status=(run.shown_as or run.status) if run else "",
        run_href=routes.run(run.id) if run else "",
        export_href=f"/api/v1/workflows/{quote(one.id)}/export?format=yaml",
    )
