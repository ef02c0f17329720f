"""The frame around every page: left rail, bottom bar on phones, and the page's header."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.typography import Div

from frontend import routes
from frontend.components import live, people
from frontend.components.links import link
from frontend.state.frame import Frame

PLACES = (
    ("Workflows", routes.WORKFLOWS, "workflow"),
    ("Runs", routes.RUNS, "play"),
    ("Approvals", routes.APPROVALS, "hand"),
    ("Agents", routes.AGENTS, "bot"),
    ("Plans", routes.PLANS, "chart-gantt"),
    ("Dead letters", routes.DEAD_LETTERS, "mail-warning"),
    ("Monitoring", routes.MONITORING, "activity"),
    ("Members", routes.MEMBERS, "users"),
    ("Settings", routes.SETTINGS, "settings"),
)


class _Shell(Div):
    """Tells `assets/early.js` when the browser has come to listen to what stands in it."""

    def add_imports(self) -> rx.ImportDict:
        return {"react": ["useEffect"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        return ["useEffect(() => { setTimeout(() => dispatchEvent(new Event('quadrille-listens'))) }, [])"]


def head() -> list[rx.Component]:
    """What stands in the head of every page; scripts without `defer` run before there is a page to act on."""
    return [
        rx.el.script(src="/early.js"),
        rx.el.script(src="/shell.js"),
        rx.el.script(src="/forms.js"),
        rx.el.script(src="/dialogs.js"),
        rx.el.script(src="/notify.js", defer=True),
        rx.el.link(rel="icon", href="/mark.svg", type="image/svg+xml"),
        rx.el.meta(name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover"),
        rx.el.meta(name="color-scheme", content="light dark"),
    ]


def page(
    *content: rx.Component | rx.Var,
    title: str | rx.Var,
    action: rx.Component | None = None,
    filters: rx.Component | None = None,
    before_title: rx.Component | None = None,
    narrow: bool = False,
    wide: bool = False,
) -> rx.Component:
    """A page of lists and forms: title, one primary action on the right, filters under it, then the content."""
    return frame(
        rx.el.div(
            rx.el.header(
                before_title or rx.fragment(),
                rx.el.h1(title, class_name="qk-clip", title=title),
                rx.el.div(class_name="qk-header-space"),
                action or rx.fragment(),
                class_name="qk-header",
            ),
            rx.el.div(filters, class_name="qk-filters") if filters is not None else rx.fragment(),
            *content,
            class_name="qk-page",
            custom_attrs={"data-width": "narrow" if narrow else "wide" if wide else "usual"},
        )
    )


def frame(*content: rx.Component | rx.Var) -> rx.Component:
    """The shell alone, for pages that fill everything beside the rail (editor, run)."""
    return _Shell.create(
        _rail(),
        rx.el.main(*content, class_name="qk-main", id="main"),
        _bar(),
        live.refresh(5, Frame.count),
        class_name="qk-shell",
    )


def mark() -> rx.Component:
    """The sign of the product: four squares of squared paper, one of them inked."""
    return rx.el.svg(
        *(
            rx.el.svg.rect(
                x=x, y=y, width="9", height="9", rx="2.2", fill="currentColor", fill_opacity=strength
            )
            for x, y, strength in (
                ("2", "2", "1"),
                ("13", "2", "0.55"),
                ("2", "13", "0.55"),
                ("13", "13", "0.25"),
            )
        ),
        view_box="0 0 24 24",
        class_name="qk-mark",
        custom_attrs={"aria-hidden": "true"},
    )


def _rail() -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            link(mark(), to=routes.START, aria_label="Start page"),
            rx.el.span(Frame.team, class_name="qk-team-name qk-clip qk-foldable", title=Frame.team),
            _bell(),
            rx.el.button(
                rx.icon("panel-left-close", size=16),
                class_name="qk-icon-button qk-fold",
                title="Fold the rail",
                aria_label="Fold the rail",
                custom_attrs={"data-fold-rail": "", "data-hotkey": "["},
            ),
            class_name="qk-team",
        ),
        rx.el.nav(*(_place(*place) for place in PLACES), aria_label="Main", style=_COLUMN),
        rx.el.div(class_name="qk-rail-space"),
        people.user_menu(),
        class_name="qk-rail",
    )


_COLUMN = {"display": "flex", "flexDirection": "column", "gap": "2px"}


def _bar() -> rx.Component:
    return rx.el.nav(
        *(
            link(
                rx.icon(icon, size=20),
                rx.el.span(word),
                _count(href),
                to=href,
                custom_attrs={"data-here": _is_here(href)},
            )
            for word, href, icon in PLACES[:3]
        ),
        link(
            rx.icon("bell", size=20),
            rx.el.span("News"),
            _unread(),
            to=routes.NOTIFICATIONS,
            aria_label="Notifications",
            custom_attrs=_here(routes.NOTIFICATIONS),
        ),
        people.user_menu_button_for_bar(),
        class_name="qk-bar",
        aria_label="Main",
    )


def _bell() -> rx.Component:
    return link(
        rx.icon("bell", size=16),
        _unread(),
        to=routes.NOTIFICATIONS,
        title="Notifications",
        aria_label=rx.cond(Frame.unread > 0, f"Notifications, {Frame.unread} unread", "Notifications"),
        class_name="qk-icon-button qk-bell",
        custom_attrs=_here(routes.NOTIFICATIONS),
    )


def _unread() -> rx.Component | rx.Var:
    shown = rx.cond(Frame.unread > 99, "99+", Frame.unread)
    return rx.cond(Frame.unread > 0, rx.el.span(shown, class_name="qk-count", title="Unread notifications"))


def _place(word: str, href: str, icon: str) -> rx.Component:
    return link(
        rx.icon(icon, size=16),
        rx.el.span(word, class_name="qk-clip qk-foldable"),
        _count(href),
        to=href,
        title=word,
        class_name="qk-nav",
        custom_attrs=_here(href),
    )


def _here(href: str) -> dict[str, rx.Var]:
    return {"data-here": _is_here(href)}


def _is_here(href: str) -> rx.Var:
    return rx.cond(Frame.router.url.path.startswith(href), "true", "false")


def _count(href: str) -> rx.Component | rx.Var:
    counted = {
        routes.APPROVALS: (Frame.open_approvals, "Open approvals"),
        routes.DEAD_LETTERS: (Frame.open_letters, "Open dead letters"),
    }
    if href not in counted:
        return rx.fragment()
    number, title = counted[href]
    return rx.cond(number > 0, rx.el.span(number, class_name="qk-count", title=title))
