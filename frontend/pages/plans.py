"""From a goal to a team: the form of a goal, and the plans that were made."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend.identity import limiter
from backend.planning import service, team
from backend.planning.schemas import PlanPublic
from frontend import routes, shell
from frontend.components import dialogs, frames, tables
from frontend.components.moments import moment
from frontend.components.plan_form import goal_fields
from frontend.components.plans import plan_chip
from frontend.rules import allows
from frontend.state import edge, plan_form
from frontend.state.frame import Frame
from frontend.state.iso import iso
from frontend.state.plan import choosable
from frontend.state.plan_form import EMPTY, Choosable
from frontend.state.session import caller

_COLUMNS = "minmax(0, 3fr) 130px 90px 110px"
_PAGE = 50


@dataclass
class Row:
    """A plan in the list."""

    id: str
    title: str
    goal: str
    state: str
    version: str
    changed: str
    href: str


class Plans(rx.State):
    """The first pages of the list, and the empty form."""

    loaded: bool = False
    busy: bool = False
    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    has_more: bool = False
    shown: int = _PAGE
    form: rx.Field[dict[str, str]] = rx.field(default_factory=lambda: dict(EMPTY))
    agents: rx.Field[list[Choosable]] = rx.field(default_factory=list)

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """The newest."""
        self.shown, self.busy = _PAGE, False
        await self._read()
        self.loaded = True

    @rx.event
    @allows("workflow.read")
    async def more(self):
        """Another page."""
        self.shown += _PAGE
        await self._read()

    @rx.event
    @allows("workflow.edit")
    async def make(self, typed: dict[str, Any]) -> EventSpec:
        """Plan for what was typed, and show the plan."""
        wish = plan_form.wish(typed)
        by = caller()
        await limiter.require("proposal", by.account_id)
        made = await service.create(by, wish)
        return rx.redirect(routes.plan(made.id))

    async def _read(self) -> None:
        limit = min(self.shown, service.MAX_PAGE)
        async with edge.reading() as (session, by):
            page = await service.list_(session, by, limit=limit)
            known = await team.members(session, by)
        self.rows = [_row(one) for one in page.items]
        self.has_more = page.next_cursor is not None and limit < service.MAX_PAGE
        self.agents = choosable(known, ())


def _row(one: PlanPublic) -> Row:
    goal = "" if one.goal.rstrip(". ") == one.title else one.goal
    return Row(
        one.id, one.title, goal, one.state, f"v{one.version}", iso(one.changed_at), routes.plan(one.id)
    )


@rx.page(route=routes.PLANS, title="Plans · Quadrille", on_load=[Frame.load, Plans.load])
def plans_page() -> rx.Component:
    """A row opens the plan."""
    return shell.page(
        frames.listed(Plans.loaded, Plans.rows, _table(), _empty()),
        tables.more(Plans.has_more, Plans.more),
        title="Plans",
        action=rx.cond(Frame.may_edit & (Plans.rows.length() > 0), _new()),
    )


def _form(*, over_the_page: bool) -> rx.Component:
    return dialogs.sent(
        goal_fields(Plans.form, Plans.agents),
        button=rx.fragment(rx.icon("chart-gantt", size=14), "Make a plan"),
        on_submit=Plans.make,
        may_cancel=over_the_page,
    )


def _new() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(rx.button(rx.icon("plus", size=14), "New plan")),
        rx.dialog.content(
            rx.dialog.title("From a goal to a team"),
            rx.dialog.description(
                "Say what is to be reached. You get tasks, agents, a timeline and risks, and decide then.",
                size="2",
                class_name="qk-muted",
            ),
            _form(over_the_page=True),
            max_width="640px",
        ),
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2("From a goal to a team"),
            rx.el.p(
                "Say what is to be reached, and by when. You get the tasks it takes, who of your agents does which and why, "
                "a timeline with its critical path, and what may go wrong. Nothing is made before you accept it.",
                class_name="qk-muted",
            ),
            class_name="qk-lead-in",
        ),
        rx.cond(
            Frame.may_edit,
            rx.el.div(_form(over_the_page=False), class_name="qk-card qk-plan-first"),
            rx.el.p("Editors of the team can make one.", class_name="qk-hint"),
        ),
        class_name="qk-stack",
    )


def _table() -> rx.Component:
    return tables.table(_COLUMNS, ("Goal", "State", "Version", "Changed"), rx.foreach(Plans.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            tables.row_link(row.title.to(str), row.href.to(str)),
            rx.cond(
                row.goal != "", rx.el.span(row.goal, class_name="qk-small qk-muted qk-clip", title=row.goal)
            ),
            class_name="qk-two",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(plan_chip(row.state.to(str))),
        rx.el.span(row.version, class_name="qk-number qk-muted"),
        rx.el.span(
            moment(row.changed.to(str)), class_name="qk-muted qk-small", custom_attrs={"data-card": "hide"}
        ),
        class_name="qk-row qk-row-tall qk-agent-row",
        key=row.id,
    )
