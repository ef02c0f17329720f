"""The inbox: what runs ask people, and what was decided."""

from dataclasses import dataclass

import reflex as rx

from backend.approvals import service as approvals
from backend.approvals.schemas import ApprovalPublic
from frontend import routes, shell
from frontend.components import frames, live, notes, tables
from frontend.components.finding import filter_chip
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.verdicts import verdict_chip
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso

_COLUMNS = "minmax(0, 2.4fr) minmax(0, 1.4fr) minmax(0, 1fr) 132px 92px"


@dataclass
class Row:
    """One question as the inbox shows it."""

    id: str
    href: str
    title: str
    workflow: str
    asked_by: str
    status: str
    mine: bool
    created: str


class Approvals(rx.State):
    """Open questions, or all that there ever were."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    all_of_them: rx.Field[bool] = rx.field(False)
    cursor: str = ""
    loaded: bool = False

    @rx.event
    @allows("approval.read")
    async def load(self):
        """The inbox as its address asks for it."""
        self.all_of_them = self.router.url.query_parameters.get("show", "") == "all"
        await self._show()
        self.loaded = True

    @rx.event
    @allows("approval.read")
    async def refresh(self):
        """New questions appear, decided ones go."""
        await self._show()

    async def _show(self) -> None:
        async with edge.reading() as (session, by):
            page = await approvals.page(session, by, only_open=not self.all_of_them, limit=approvals.MAX_PAGE)
        rows = [_row(one) for one in page.items]
        if rows != self.rows:
            self.rows = rows


def _row(one: ApprovalPublic) -> Row:
    return Row(
        id=one.id,
        href=routes.approval(one.id),
        title=one.title,
        workflow=one.workflow_name,
        asked_by=one.requested_by_name,
        status=one.status,
        mine=one.may_decide,
        created=iso(one.created_at),
    )


@rx.page(route=routes.APPROVALS, title="Approvals · Quadrille", on_load=[Frame.load, Approvals.load])
def approvals_page() -> rx.Component:
    """Open ones first; a row opens the question."""
    return shell.page(
        live.refresh(4, Approvals.refresh),
        frames.listed(Approvals.loaded, Approvals.rows, _table(), _empty()),
        title="Approvals",
        filters=rx.fragment(
            filter_chip("Open", chosen=~Approvals.all_of_them, on_click=rx.redirect(routes.APPROVALS)),
            filter_chip("All", chosen=Approvals.all_of_them, on_click=rx.redirect(routes.ALL_APPROVALS)),
        ),
    )


def _table() -> rx.Component:
    heads = ("Question", "Workflow", "Run started by", "State", "Asked")
    return tables.table(_COLUMNS, heads, rx.foreach(Approvals.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        tables.row_link(row.title, row.href),
        rx.el.span(row.workflow, class_name="qk-muted qk-small qk-clip", title=row.workflow),
        rx.el.span(row.asked_by, class_name="qk-muted qk-small qk-clip", custom_attrs={"data-card": "hide"}),
        rx.el.span(verdict_chip(row.status, row.mine)),
        moment(row.created, class_name="qk-muted qk-small qk-over"),
        class_name="qk-row",
        key=row.id,
    )


def _empty() -> rx.Component:
    return rx.cond(
        Approvals.all_of_them,
        notes.empty(
            "No run has asked anything yet",
            "Put an approval into a workflow where a person should look before it goes on.",
            icon="hand",
            action=rx.button("Choose a workflow", on_click=rx.redirect(routes.WORKFLOWS)),
        ),
        notes.empty(
            "Nothing waits for a decision",
            "When a run reaches an approval, its question appears here, and the number in the rail tells you.",
            icon="hand",
            action=rx.button("See the runs", variant="soft", on_click=rx.redirect(routes.RUNS)),
            link=link("Earlier decisions", to=routes.ALL_APPROVALS, class_name="qk-small qk-muted"),
        ),
    )
