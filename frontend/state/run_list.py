"""What the list of runs shows, as its address says; which columns, and which views, as this browser remembers."""

from collections.abc import Collection
from datetime import datetime, timedelta

import reflex as rx
from reflex.event import EventSpec

from backend.core import clock
from backend.core.db import Session
from backend.identity import members
from backend.identity.principal import Principal
from backend.runs import alarms, asked, current, density, tags
from backend.runs import kept_views as stored_views
from backend.runs import service as runs
from backend.runs.filters import Filter
from backend.runs.schemas import RunPage, State
from frontend import routes
from frontend.components.states import STARTED
from frontend.rules import allows
from frontend.state import dialog, edge, kept_views, run_rows
from frontend.state.kept_views import View
from frontend.state.run_rows import COLUMNS, HIDDEN_AT_FIRST, Bar, Beside, Row

GROUPS: dict[str, tuple[str, tuple[State, ...]]] = {
    "": ("All", ()),
    "active": ("Active", ("queued", "running", "retrying", "paused")),
    "waiting": ("Waiting", ("waiting_person", "waiting_event", "waiting_time")),
    "succeeded": ("Succeeded", ("succeeded",)),
    "warnings": ("With warnings", ("warnings",)),
    "failed": ("Failed", ("failed",)),
    "timed_out": ("Timed out", ("timed_out",)),
    "cancelled": ("Cancelled", ("cancelled",)),
}
HOURS: dict[str, tuple[str, float]] = {
    "": ("Any time", 24), "1h": ("Last hour", 1), "24h": ("Last day", 24), "7d": ("Last week", 168), "30d": ("Last month", 720),
}  # fmt: skip
TOOK: dict[str, tuple[str, dict[str, float]]] = {
    "": ("Any duration", {}), "10s": ("10 s and more", {"longer": 10}), "1m": ("1 min and more", {"longer": 60}),
    "10m": ("10 min and more", {"longer": 600}), "1h": ("1 h and more", {"longer": 3600}),
    "quick": ("Under 1 s", {"shorter": 1}),
}  # fmt: skip
COSTS: dict[str, tuple[str, float]] = {
    "": ("Any cost", 0), "cent": ("$0.01 and more", 0.01), "dime": ("$0.10 and more", 0.1),
    "dollar": ("$1 and more", 1), "ten": ("$10 and more", 10),
}  # fmt: skip
KNOWN: dict[str, Collection[str]] = {
    "status": GROUPS, "time": HOURS, "trigger": STARTED, "mine": ("1",), "took": TOOK, "cost": COSTS,
}  # fmt: skip
FILTERS = ("status", "text", "trigger", "time", "since", "until", "mine", "took", "cost", "tag")
_CHOSEN = ("trigger", "time", "mine", "took", "cost", "tag")
PAGE = 50


class Runs(rx.State):
    """What the list shows, as its address says."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    bars: rx.Field[list[Bar]] = rx.field(default_factory=list)
    status: str = ""
    workflow: str = ""
    text: str = ""
    trigger: str = ""
    time: str = ""
    since: str = ""
    until: str = ""
    mine: str = ""
    took: str = ""
    cost: str = ""
    tag: str = ""
    tags: rx.Field[list[str]] = rx.field(default_factory=list)
    views: rx.Field[list[View]] = rx.field(default_factory=list)
    loaded: bool = False
    has_more: bool = False
    live: bool = True
    fresh: int = 0
    alarm: str = ""
    alarm_fix: str = ""
    hidden: str = rx.LocalStorage(HIDDEN_AT_FIRST, name="qk_runs_hidden")

    @rx.event
    @allows("run.read")
    async def load(self):
        """Take the filters from the address and show the first page."""
        asked_for = self.router.url.query_parameters
        for name in KNOWN:
            setattr(self, name, _known(name, asked_for.get(name, "")))
        self.workflow, self.text = asked_for.get("workflow", ""), asked_for.get("text", "")
        self.tag = asked_for.get("tag", "")[:60]
        self.since, self.until = _moment(asked_for.get("since", "")), _moment(asked_for.get("until", ""))
        self.rows, self.fresh = [], 0
        await self._show(PAGE)
        self.loaded = True

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """The same rows as they are now; new ones are counted, and come when they are asked for."""
        await self._show(max(PAGE, len(self.rows)), hold=bool(self.rows))

    @rx.event
    @allows("run.read")
    async def take_fresh(self):
        """Show the new ones."""
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @allows("run.read")
    async def more(self):
        """One page more."""
        await self._show(len(self.rows) + PAGE)

    @rx.event
    @allows("run.read")
    async def follow(self):
        """Follow what happens, or stand still."""
        self.live = not self.live

    @rx.event
    @allows("run.read")
    async def show(self, status: str) -> EventSpec:
        """Filter by a group of states."""
        return self._go(status=status)

    @rx.event
    @allows("run.read")
    async def narrow(self, name: str, value: str) -> EventSpec:
        """Filter by what started it, by time, or by who."""
        chosen = {name: "" if value == "any" else value} if name in _CHOSEN else {}
        return self._go(**chosen, **({"since": "", "until": ""} if name == "time" else {}))

    @rx.event
    @allows("run.read")
    async def brush(self, stretch: str) -> EventSpec | None:
        """Filter by the stretch of time over which somebody has dragged in the strip."""
        since, _, until = stretch.partition("/")
        return self._go(since=_moment(since), until=_moment(until), time="") if _moment(until) else None

    @rx.event
    @allows("run.read")
    async def search(self, typed: dict[str, str]) -> EventSpec:
        """Filter by a word."""
        return self._go(text=typed.get("text", "").strip())

    @rx.event
    @allows("run.read")
    async def toggle_column(self, name: str):
        """Show a column or hide it, in this browser."""
        hidden = [one for one in self.hidden.split(",") if one in COLUMNS]
        hidden = [one for one in hidden if one != name] if name in hidden else [*hidden, name]
        self.hidden = ",".join(hidden)

    @rx.event
    @allows("run.read")
    async def keep_view(self, form: dict[str, str]):
        """Keep the filter under a name, for oneself or for the team."""
        async with edge.writing() as (session, by):
            await stored_views.keep(session, by, kept_views.to_keep(form, self._address()))
            self.views = await kept_views.shown(session, by)
        return dialog.DONE

    @rx.event
    @allows("run.read")
    async def drop_view(self, view_id: str):
        """Forget a view."""
        async with edge.writing() as (session, by):
            await stored_views.drop(session, by, view_id)
            self.views = await kept_views.shown(session, by)

    @rx.var
    def shown(self) -> list[str]:
        """The columns, in their order."""
        hidden = self.hidden.split(",")
        return [name for name in COLUMNS if name not in hidden]

    @rx.var
    def tracks(self) -> str:
        """The same as CSS grid tracks."""
        tracks = (COLUMNS[name][1] for name in COLUMNS if name not in self.hidden.split(","))
        return " ".join(["minmax(0, 2.6fr)", "minmax(150px, 1fr)", *tracks])

    @rx.var
    def is_filtered(self) -> bool:
        """Whether an empty list may be the filters' doing."""
        return bool(self.workflow) or any(getattr(self, name) for name in FILTERS)

    def _go(self, **chosen: str) -> EventSpec:
        """To the address of the filter; what is chosen holds at once, since more may be chosen before the page is there."""
        for name, value in chosen.items():
            setattr(self, name, _known(name, value))
        return rx.redirect(self._address())

    def _address(self, **other: str) -> str:
        now = {name: str(getattr(self, name)) for name in FILTERS} | {"workflow_id": self.workflow}
        return routes.runs(**(now | other))

    def _wanted(self, by: Principal) -> Filter:
        since = clock.now() - timedelta(hours=HOURS[self.time][1]) if self.time else None
        return Filter(
            GROUPS[self.status][1],
            self.workflow or None,
            text=self.text,
            triggers=(self.trigger,) if self.trigger else (),
            started_by=by.account_id if self.mine else None,
            since=datetime.fromisoformat(self.since) if self.since else since,
            until=datetime.fromisoformat(self.until) if self.until else None,
            tags=(self.tag,) if self.tag else (),
            dearer=COSTS[self.cost][1] if self.cost else None,
            longer=TOOK[self.took][1].get("longer"),
            shorter=TOOK[self.took][1].get("shorter"),
        )

    async def _show(self, limit: int, *, hold: bool = False) -> None:
        async with edge.reading() as (session, by):
            wanted = self._wanted(by)
            page = await runs.list_(session, by, wanted, limit=limit)
            beside = await _beside(session, by, page)
            self.tags = await tags.known(session, by)
            self.views = await kept_views.shown(session, by)
            alarm = await alarms.shown(session, by)
            bars = await density.bars(session, by, wanted, HOURS[self.time][1])
        self.alarm, self.alarm_fix = (alarm.message, alarm.fix) if alarm else ("", "")
        self._take(page, [run_rows.row(run, beside) for run in page.items], hold=hold)
        drawn = run_rows.drawn(bars, lambda since, until: self._address(since=since, until=until, time=""))
        if drawn != self.bars:
            self.bars = drawn
        self.has_more = page.next_cursor is not None and limit < runs.MAX_PAGE

    def _take(self, page: RunPage, rows: list[Row], *, hold: bool) -> None:
        known = {row.id for row in self.rows} if hold else set[str]()
        first = next((n for n, row in enumerate(rows) if row.id in known), len(rows)) if hold else 0
        self.fresh = first
        if hold and first == len(rows):
            return  # nothing of what is looked at is among the newest
        if rows[first:] != self.rows:
            self.rows = rows[first:]


async def _beside(session: Session, by: Principal, page: RunPage) -> Beside:
    all_ids = [run.id for run in page.items]
    open_ids = [run.id for run in page.items if run.status not in ("succeeded", "cancelled")]
    return Beside(
        spent=await asked.spent(session, all_ids),
        steps=await current.steps(session, open_ids),
        tags=await tags.of_runs(session, all_ids),
        names=await members.names(session, by),
    )


def _known(name: str, value: str) -> str:
    """The value of a filter, or none where it has no such value."""
    return value if name not in KNOWN or value in KNOWN[name] else ""


def _moment(text: str) -> str:
    """A moment with its zone, or nothing."""
    try:
        return text if datetime.fromisoformat(text).tzinfo else ""
    except ValueError:
        return ""
