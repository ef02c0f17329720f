"""The inbox: what runs ask people, and what was decided."""

from dataclasses import dataclass
from typing import cast

import orjson
import reflex as rx

from backend.approvals import service as approvals
from backend.approvals.schemas import ApprovalPublic, Scope
from frontend import routes, shell
from frontend.components import dialogs, frames, live, notes, tables
from frontend.components.finding import filter_chip
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.verdicts import priority_mark, verdict_chip
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso

_COLUMNS = "minmax(0, 3fr) minmax(0, 1.2fr) minmax(0, 1fr) 104px 72px 84px 76px"
_RANK = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
_NEVER = "9999"


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
    due: str
    priority: str
    progress: str


class Approvals(rx.State):
    """Open questions, or all that there ever were."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    all_of_them: rx.Field[bool] = rx.field(False)
    scope: str = "all"
    cursor: str = ""
    loaded: bool = False
    asked_id: str = ""
    verdict: str = ""
    title: str = ""
    message: str = ""
    arguments: str = ""
    reason: str = ""
    _hash: str = ""

    @rx.event
    @allows("approval.read")
    async def load(self):
        """The inbox as its address asks for it."""
        show = self.router.url.query_parameters.get("show", "")
        self.all_of_them = show == "all"
        self.scope = show if show in ("mine", "groups") else "all"
        self.asked_id = ""
        await self._show()
        self.loaded = True

    @rx.event
    @allows("approval.read")
    async def refresh(self):
        """New questions appear, decided ones go."""
        await self._show()

    @rx.event
    @allows("approval.decide")
    async def sure(self, approval_id: str, verdict: str):
        """Show exactly what would be decided, before it is."""
        async with edge.reading() as (session, by):
            one = await approvals.get(session, by, approval_id)
        if not one.may_decide:
            return rx.toast.error("You may not decide this, or it is decided already.")
        self.asked_id, self.verdict, self.reason = one.id, verdict, ""
        self.title, self.message, self._hash = one.title, one.message, one.arguments_hash
        shown = orjson.dumps(one.proposal, option=orjson.OPT_INDENT_2).decode() if one.proposal else ""
        self.arguments = shown
        return None

    @rx.event
    @allows("approval.decide")
    async def set_reason(self, text: str):
        """Kept with the decision."""
        self.reason = text

    @rx.event
    @allows("approval.decide")
    async def keep(self, _open: bool):
        """Decide nothing."""
        self.asked_id = ""

    @rx.event
    @allows("approval.decide")
    async def decide(self):
        """Decide what was shown."""
        async with edge.writing() as (session, by):
            one = await approvals.decide(
                session,
                by,
                self.asked_id,
                verdict="approved" if self.verdict == "approved" else "rejected",
                comment=self.reason,
                arguments_hash=self._hash,
            )
        self.asked_id = ""
        await self._show()
        if one.status == "open":
            return rx.toast.success(f"Approved by {len(one.approved_by)} of {one.needed}.")
        return rx.toast.success("Approved. The run goes on." if one.status == "approved" else "Rejected.")

    async def _show(self) -> None:
        scope = cast(Scope, self.scope)
        async with edge.reading() as (session, by):
            page = await approvals.page(
                session, by, only_open=not self.all_of_them, scope=scope, limit=approvals.MAX_PAGE
            )
        found = page.items if self.all_of_them else sorted(page.items, key=_urgency)
        rows = [_row(one) for one in found]
        if rows != self.rows:
            self.rows = rows


def _urgency(one: ApprovalPublic) -> tuple[int, str]:
    """The urgent first, then what is due first; the newest first among equals, as the page gives them."""
    return _RANK[one.priority], iso(one.expires_at) or _NEVER


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
        due=iso(one.expires_at) if one.status == "open" else "",
        priority=one.priority,
        progress=f"{len(one.approved_by)} of {one.needed}" if one.needed > 1 and one.status == "open" else "",
    )


@rx.page(route=routes.APPROVALS, title="Approvals · Quadrille", on_load=[Frame.load, Approvals.load])
def approvals_page() -> rx.Component:
    """The urgent first; a row opens the question, and buttons decide it with its arguments in view."""
    return shell.page(
        live.refresh(4, Approvals.refresh),
        frames.listed(Approvals.loaded, Approvals.rows, _table(), _empty()),
        _sure(),
        title="Approvals",
        action=_notify(),
        filters=rx.fragment(*(_chip(*one) for one in _CHIPS)),
    )


_CHIPS = (
    ("Open", "", "Every open question of the team"),
    ("Mine", "mine", "Those that ask you by name"),
    ("My groups", "groups", "Those that ask a role of yours"),
    ("All", "all", "Also what is decided"),
)


def _chip(word: str, show: str, title: str) -> rx.Component:
    chosen = (
        Approvals.all_of_them
        if show == "all"
        else ~Approvals.all_of_them & (Approvals.scope == (show or "all"))
    )
    return rx.el.span(
        filter_chip(word, chosen=chosen, on_click=rx.redirect(routes.approvals(show=show))), title=title
    )


def _notify() -> rx.Component:
    """`assets/notify.js` asks the browser, and only when this is pressed."""
    return rx.el.button(
        rx.icon("bell-ring", size=14),
        rx.el.span("Notify me here"),
        class_name="qk-chip",
        type="button",
        hidden=True,
        custom_attrs={"data-notify": "", "aria-pressed": "false"},
    )


def _table() -> rx.Component:
    heads = ("Question", "Workflow", "Run started by", "State", "Due", "Asked", "")
    return tables.table(_COLUMNS, heads, rx.foreach(Approvals.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        rx.el.span(priority_mark(row.priority), tables.row_link(row.title, row.href), class_name="qk-asked"),
        rx.el.span(row.workflow, class_name="qk-muted qk-small qk-clip", title=row.workflow),
        rx.el.span(row.asked_by, class_name="qk-muted qk-small qk-clip", custom_attrs={"data-card": "hide"}),
        rx.el.span(
            verdict_chip(row.status, row.mine),
            rx.cond(row.progress != "", rx.el.span(row.progress, class_name="qk-small qk-muted")),
            class_name="qk-asked",
        ),
        rx.cond(
            row.due != "",
            moment(row.due, class_name="qk-small qk-over"),
            rx.el.span("-", class_name="qk-muted", custom_attrs={"data-card": "hide"}),
        ),
        moment(row.created, class_name="qk-muted qk-small qk-over"),
        rx.el.span(
            rx.cond(
                row.mine,
                rx.fragment(
                    _act(row, "approved", "check", "a", "Approve"), _act(row, "rejected", "x", "x", "Reject")
                ),
            ),
            class_name="qk-row-actions qk-over",
        ),
        class_name="qk-row qk-approval-row",
        key=row.id,
    )


def _act(row: rx.vars.ObjectVar[Row], verdict: str, icon: str, key: str, word: str) -> rx.Component:
    return rx.el.button(
        rx.icon(icon, size=16),
        class_name="qk-icon-button",
        type="button",
        title=f"{word} ({key.upper()})",
        aria_label=f"{word}…",
        on_click=Approvals.sure(row.id, verdict),
        custom_attrs={"data-key": key},
    )


def _sure() -> rx.Component:
    approves = Approvals.verdict == "approved"
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(rx.cond(approves, "Approve this?", "Reject this?")),
            rx.alert_dialog.description(Approvals.title, size="2"),
            rx.cond(Approvals.message != "", rx.el.p(Approvals.message, class_name="qk-said")),
            rx.cond(
                Approvals.arguments != "",
                rx.el.pre(Approvals.arguments, class_name="qk-code", tab_index=0, aria_label="Arguments"),
            ),
            rx.text_area(
                placeholder=rx.cond(approves, "Comment", "Why? The run's history keeps it."),
                aria_label="Comment",
                on_blur=Approvals.set_reason,
                rows="2",
                margin_top="12px",
            ),
            dialogs.problem(),
            rx.el.div(
                rx.alert_dialog.cancel(rx.button("Cancel", variant="soft", color_scheme="gray")),
                rx.button(
                    rx.cond(approves, "Approve", "Reject"),
                    color_scheme=rx.cond(approves, "iris", "red"),
                    on_click=Approvals.decide,
                    auto_focus=True,
                    custom_attrs=dialogs.SENDS,
                ),
                class_name="qk-dialog-buttons",
            ),
            max_width="520px",
            custom_attrs=dialogs.WAITS,
        ),
        open=Approvals.asked_id != "",
        on_open_change=Approvals.keep,
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
