"""The list of workflows: what each did last, and what can be done with it."""

from typing import Any

import reflex as rx

from frontend import routes, shell
from frontend.components import frames, live, notes, tables
from frontend.components.finding import find
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.states import chip
from frontend.state.frame import Frame
from frontend.state.workflow_list import Row, Workflows

_COLUMNS = "minmax(0, 3fr) 160px 192px 100px 36px"


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
            rx.cond(row.starts == "paused", _paused()),
            class_name="qk-muted qk-small qk-live",
            custom_attrs={
                "data-card": rx.cond(
                    row.edited_since | (row.next_run != "") | (row.starts == "paused"), "show", "hide"
                )
            },
        ),
        moment(row.edited, class_name="qk-muted qk-small qk-over"),
        _menu(row),
        class_name="qk-row qk-row-tall qk-workflow",
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


def _paused() -> rx.Component:
    return rx.el.span(
        "starts paused", class_name="qk-since", title="Neither events nor times begin it until it is resumed"
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
            rx.match(
                row.starts,
                ("going", _starts("circle-pause", "Pause automatic starts", Workflows.pause_starts(row.id))),
                (
                    "paused",
                    _starts("circle-play", "Resume automatic starts", Workflows.resume_starts(row.id)),
                ),
                rx.fragment(),
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


def _starts(icon: str, text: str, on_select: Any) -> rx.Component:
    """What only workflows have that begin by themselves."""
    return rx.dropdown_menu.item(
        rx.icon(icon, size=14),
        text,
        disabled=rx.cond(Frame.may_start, False, True),
        on_select=on_select,
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
