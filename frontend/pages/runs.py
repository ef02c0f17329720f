"""The list of runs: filters in the address, newest first, following what happens."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from backend.runs import alarms
from backend.runs import service as runs
from backend.runs.repository import Filter
from backend.runs.schemas import RunPublic, RunStatus
from frontend import routes, shell
from frontend.components import frames, live, notes, run_files, tables
from frontend.components.finding import filter_chip, find
from frontend.components.links import link
from frontend.components.moments import elapsed, moment
from frontend.components.states import STARTED, chip
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso

GROUPS: dict[str, tuple[str, tuple[RunStatus, ...]]] = {
    "": ("All", ()),
    "active": ("Active", ("queued", "running", "retrying", "paused")),
    "waiting": ("Waiting", ("waiting_person", "waiting_event", "waiting_time")),
    "succeeded": ("Succeeded", ("succeeded",)),
    "failed": ("Failed", ("failed",)),
    "cancelled": ("Cancelled", ("cancelled",)),
}
PAGE = 50
_COLUMNS = "minmax(0, 2.4fr) minmax(0, 1.5fr) 84px 92px 108px 96px"


@dataclass
class Row:
    """One run as the list shows it."""

    id: str
    href: str
    workflow: str
    version: str
    status: str
    trigger: str
    created: str
    started: str
    finished: str


class Runs(rx.State):
    """What the list shows, as its address says."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    status: str = ""
    workflow: str = ""
    text: str = ""
    loaded: bool = False
    has_more: bool = False
    alarm: str = ""
    alarm_fix: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """Take the filters from the address and show the first page."""
        asked = self.router.url.query_parameters
        self.status = asked.get("status", "") if asked.get("status", "") in GROUPS else ""
        self.workflow, self.text = asked.get("workflow", ""), asked.get("text", "")
        await self._show(PAGE)
        self.loaded = True

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """The same rows as they are now, and new ones above."""
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @allows("run.read")
    async def more(self):
        """One page more."""
        await self._show(len(self.rows) + PAGE)

    @rx.event
    @allows("run.read")
    async def show(self, status: str) -> EventSpec:
        """Filter by a group of states."""
        return rx.redirect(routes.runs(workflow_id=self.workflow, status=status, text=self.text))

    @rx.event
    @allows("run.read")
    async def search(self, typed: dict[str, str]) -> EventSpec:
        """Filter by a word."""
        text = typed.get("text", "").strip()
        return rx.redirect(routes.runs(workflow_id=self.workflow, status=self.status, text=text))

    @rx.var
    def is_filtered(self) -> bool:
        """Whether an empty list may be the filters' doing."""
        return bool(self.status or self.workflow or self.text)

    async def _show(self, limit: int) -> None:
        wanted = Filter(GROUPS[self.status][1], self.workflow or None, text=self.text)
        async with edge.reading() as (session, by):
            page = await runs.list_(session, by, wanted, limit=limit)
            alarm = await alarms.shown(session, by)
        self.alarm, self.alarm_fix = (alarm.message, alarm.fix) if alarm else ("", "")
        rows = [_row(run) for run in page.items]
        if rows != self.rows:
            self.rows = rows
        self.has_more = page.next_cursor is not None and limit < runs.MAX_PAGE


def _row(run: RunPublic) -> Row:
    return Row(
        id=run.id,
        href=routes.run(run.id),
        workflow=run.workflow_name,
        version=f"v{run.version_number}" if run.version_number else "Draft",
        status=run.status,
        trigger=STARTED.get(run.trigger, run.trigger),
        created=iso(run.created_at),
        started=iso(run.started_at),
        finished=iso(run.finished_at),
    )


@rx.page(route=routes.RUNS, title="Runs · Quadrille", on_load=[Frame.load, Runs.load])
def runs_page() -> rx.Component:
    """Chips filter by state, a word by anything; a row opens the run."""
    return shell.page(
        live.refresh(2.5, Runs.refresh),
        run_files.problem(),
        notes.alarm(Runs.alarm, Runs.alarm_fix),
        frames.listed(Runs.loaded, Runs.rows, _table(), _empty()),
        tables.more(Runs.has_more, Runs.more),
        title="Runs",
        action=rx.cond(Frame.may_edit, run_files.import_()),
        filters=_filters(),
    )


def _filters() -> rx.Component:
    return rx.fragment(
        *(
            filter_chip(word, chosen=Runs.status == group, on_click=Runs.show(group))
            for group, (word, _) in GROUPS.items()
        ),
        rx.cond(
            Frame.open_letters > 0,
            rx.el.button(
                rx.icon("mail-warning", size=14),
                "Given up",
                rx.el.span(Frame.open_letters, class_name="qk-count"),
                class_name="qk-chip",
                on_click=rx.redirect(routes.DEAD_LETTERS),
            ),
        ),
        rx.el.div(class_name="qk-header-space qk-only-wide"),
        find("runs", hint="Find by workflow, id or error", text=Runs.text, on_submit=Runs.search),
    )


def _table() -> rx.Component:
    return tables.table(
        _COLUMNS,
        ("Workflow", "State", "Version", "Started", "When", "Took"),
        rx.foreach(Runs.rows, _draw),
    )


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        tables.row_link(row.workflow, row.href),
        rx.el.span(chip(row.status)),
        rx.el.span(row.version, class_name="qk-muted qk-small", custom_attrs={"data-card": "hide"}),
        rx.el.span(row.trigger, class_name="qk-muted qk-small qk-clip", custom_attrs={"data-card": "hide"}),
        moment(row.created, class_name="qk-muted qk-small qk-over"),
        elapsed(row.started, row.finished, class_name="qk-small"),
        class_name="qk-row",
        key=row.id,
    )


def _empty() -> rx.Component:
    return rx.cond(
        Runs.is_filtered,
        notes.empty(
            "No run matches",
            "No run has this state or contains this word.",
            icon="search-x",
            action=rx.button("Show all runs", variant="soft", on_click=rx.redirect(routes.RUNS)),
        ),
        notes.empty(
            "Nothing has run yet",
            "Each time a workflow is started, its run appears here with everything it did, and stays after it ended.",
            icon="play",
            action=rx.button("Choose a workflow", on_click=rx.redirect(routes.WORKFLOWS)),
            link=link("Start from a template", to=routes.START, class_name="qk-small qk-muted"),
        ),
    )
