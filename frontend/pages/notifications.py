"""What concerns the person who is signed in: who named or answered them, and what waits for them."""

from dataclasses import dataclass

import reflex as rx

from backend.notifications import service as notifications
from backend.notifications.schemas import NotificationPublic
from frontend import routes, shell
from frontend.components import frames, live, notes, tables
from frontend.components.finding import filter_chip
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.rules import signed_in
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso

PAGE = 50
ICONS = {"mention": "at-sign", "reply": "reply", "approval": "hand"}
_COLUMNS = "20px minmax(0, 1fr) 92px"


@dataclass
class Row:
    """One notification as the list shows it."""

    id: str
    kind: str
    title: str
    text: str
    href: str
    unread: bool
    created: str


class Notifications(rx.State):
    """The newest ones; what is read is the person's own."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    only_unread: rx.Field[bool] = rx.field(False)
    loaded: bool = False
    has_more: bool = False

    @rx.event
    @signed_in
    async def load(self):
        """The list as its address asks for it."""
        self.only_unread = self.router.url.query_parameters.get("show", "") == "unread"
        await self._show(PAGE)
        self.loaded = True

    @rx.event
    @signed_in
    async def refresh(self):
        """New ones appear."""
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @signed_in
    async def more(self):
        """One page more."""
        await self._show(len(self.rows) + PAGE)

    @rx.event
    @signed_in
    async def read(self, notification_id: str):
        """Somebody opens it."""
        async with edge.writing() as (session, by):
            await notifications.read(session, by, [notification_id])
        return [Notifications.refresh, Frame.count]

    @rx.event
    @signed_in
    async def read_all(self):
        """Nothing of it needs a look any more."""
        async with edge.writing() as (session, by):
            await notifications.read(session, by)
        return [Notifications.refresh, Frame.count]

    async def _show(self, limit: int) -> None:
        async with edge.reading() as (session, by):
            page = await notifications.page(session, by, unread=self.only_unread, limit=limit)
        rows = [_row(one) for one in page.items]
        if rows != self.rows:
            self.rows = rows
        self.has_more = page.next_cursor is not None and limit < notifications.MAX_PAGE


def _row(one: NotificationPublic) -> Row:
    return Row(
        id=one.id,
        kind=one.kind,
        title=one.title,
        text=one.text,
        href=one.link,
        unread=one.read_at is None,
        created=iso(one.created_at),
    )


@rx.page(
    route=routes.NOTIFICATIONS, title="Notifications · Quadrille", on_load=[Frame.load, Notifications.load]
)
def notifications_page() -> rx.Component:
    """Newest first; a row leads to what it tells of."""
    return shell.page(
        live.refresh(4, Notifications.refresh),
        frames.listed(Notifications.loaded, Notifications.rows, _table(), _empty()),
        tables.more(Notifications.has_more, Notifications.more),
        title="Notifications",
        action=rx.cond(
            Frame.unread > 0,
            rx.button(
                rx.icon("check-check", size=14),
                "Mark all as read",
                variant="soft",
                on_click=Notifications.read_all,
            ),
        ),
        filters=rx.fragment(
            filter_chip("All", chosen=~Notifications.only_unread, on_click=rx.redirect(routes.NOTIFICATIONS)),
            filter_chip(
                "Unread",
                chosen=Notifications.only_unread,
                on_click=rx.redirect(routes.UNREAD_NOTIFICATIONS),
            ),
        ),
    )


def _table() -> rx.Component:
    return tables.table(_COLUMNS, ("", "What", "When"), rx.foreach(Notifications.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.match(
                row.kind,
                *((kind, rx.icon(icon, size=16)) for kind, icon in ICONS.items()),
                rx.icon("bell", size=16),
            ),
            class_name="qk-muted",
            custom_attrs={"data-card": "hide"},
        ),
        rx.el.div(
            link(
                row.title,
                to=row.href,
                title=row.title,
                class_name="qk-name qk-clip qk-cover",
                on_click=Notifications.read(row.id),
                custom_attrs={"data-row": ""},
            ),
            rx.cond(
                row.text != "", rx.el.span(row.text, class_name="qk-muted qk-small qk-clip", title=row.text)
            ),
            class_name="qk-two",
        ),
        moment(row.created, class_name="qk-muted qk-small qk-over"),
        class_name="qk-row qk-row-tall qk-notice",
        key=row.id,
        custom_attrs={"data-unread": rx.cond(row.unread, "true", "false")},
    )


def _empty() -> rx.Component:
    return rx.cond(
        Notifications.only_unread,
        notes.empty(
            "You have read everything",
            "The bell counts what is new.",
            icon="check-check",
            action=rx.button("Show all", variant="soft", on_click=rx.redirect(routes.NOTIFICATIONS)),
        ),
        notes.empty(
            "Nobody has called for you yet",
            "Whoever writes @ and your name in a comment, or answers one of yours, is shown here.",
            icon="bell",
            action=rx.button("Choose a workflow", variant="soft", on_click=rx.redirect(routes.WORKFLOWS)),
        ),
    )
