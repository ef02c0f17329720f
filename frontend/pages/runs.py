"""The list of runs: filters in the address, newest first, following what happens; many can be chosen and acted on."""

from typing import Any

import reflex as rx

from frontend import routes, shell
from frontend.components import bulk_runs, frames, live, notes, run_files, tables
from frontend.components.dialogs import form
from frontend.components.finding import filter_chip, find
from frontend.components.links import link
from frontend.components.moments import elapsed, moment
from frontend.components.states import STARTED, chip
from frontend.state.frame import Frame
from frontend.state.kept_views import View
from frontend.state.run_bulk import Chosen
from frontend.state.run_list import COSTS, GROUPS, HOURS, TOOK, Runs
from frontend.state.run_rows import COLUMNS, Bar, Row

__all__ = ["Runs"]


@rx.page(route=routes.RUNS, title="Runs · Quadrille", on_load=[Frame.load, Runs.load, Chosen.none])
def runs_page() -> rx.Component:
    """Chips filter by state, a word by anything; a row opens the run."""
    return shell.page(
        rx.cond(Runs.live, live.refresh(2.5, Runs.refresh)),
        run_files.problem(),
        notes.alarm(Runs.alarm, Runs.alarm_fix),
        rx.cond(Runs.loaded, _density()),
        _views(),
        bulk_runs.bar(),
        rx.cond(
            Runs.fresh > 0,
            rx.el.button(
                rx.icon("arrow-up", size=14),
                Runs.fresh,
                " new",
                class_name="qk-chip qk-fresh",
                on_click=Runs.take_fresh,
                custom_attrs={"data-testid": "fresh"},
            ),
        ),
        frames.listed(Runs.loaded, Runs.rows, _table(), _empty()),
        tables.more(Runs.has_more, Runs.more),
        bulk_runs.sure(),
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
        _select("What started it", "trigger", Runs.trigger, [("any", "Any start"), *STARTED.items()]),
        _select("Time", "time", Runs.time, [(name or "any", word) for name, (word, _) in HOURS.items()]),
        _select("Duration", "took", Runs.took, [(name or "any", word) for name, (word, _) in TOOK.items()]),
        _select("Cost", "cost", Runs.cost, [(name or "any", word) for name, (word, _) in COSTS.items()]),
        rx.cond((Runs.tags.length() > 0) | (Runs.tag != ""), _tag_select()),
        filter_chip(
            "Mine", chosen=Runs.mine != "", on_click=Runs.narrow("mine", rx.cond(Runs.mine != "", "any", "1"))
        ),
        rx.cond(
            Runs.since != "",
            filter_chip(
                "A stretch of time", rx.icon("x", size=12), chosen=True, on_click=Runs.narrow("time", "any")
            ),
        ),
        rx.el.div(class_name="qk-header-space qk-only-wide"),
        _view_button(),
        find("runs", hint="Find by workflow, id or error", text=Runs.text, on_submit=Runs.search),
    )


def _select(label: str, name: str, value: Any, options: list[tuple[str, str]]) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(word, value=key) for key, word in options),
        value=rx.cond(value != "", value, "any"),
        on_change=lambda chosen: Runs.narrow(name, chosen),
        aria_label=label,
        class_name="qk-select",
    )


def _tag_select() -> rx.Component:
    """The tags that the team uses; one that is in the address and no longer used stands there, too."""
    return rx.el.select(
        rx.el.option("Any tag", value="any"),
        rx.cond((Runs.tag != "") & ~Runs.tags.contains(Runs.tag), rx.el.option(Runs.tag, value=Runs.tag)),
        rx.foreach(Runs.tags, lambda tag: rx.el.option(tag, value=tag)),
        value=rx.cond(Runs.tag != "", Runs.tag, "any"),
        on_change=lambda chosen: Runs.narrow("tag", chosen),
        aria_label="Tag",
        class_name="qk-select",
    )


def _view_button() -> rx.Component:
    return rx.popover.root(
        rx.popover.trigger(
            rx.el.button(
                rx.icon("settings-2", size=14), "View", class_name="qk-chip", aria_label="Columns and views"
            )
        ),
        rx.popover.content(
            rx.el.div(
                rx.el.strong("Columns"),
                *(
                    rx.el.label(
                        rx.el.input(
                            type="checkbox",
                            checked=Runs.shown.contains(name),
                            on_change=Runs.toggle_column(name),
                        ),
                        word,
                    )
                    for name, (word, _) in COLUMNS.items()
                ),
                rx.el.label(
                    rx.el.input(type="checkbox", checked=Runs.live, on_change=Runs.follow), "Follow live"
                ),
                rx.el.strong("Times"),
                rx.el.div(
                    *(
                        rx.el.button(word, class_name="qk-chip", custom_attrs={"data-times": name})
                        for name, word in (("", "Ago"), ("local", "Local"), ("utc", "UTC"))
                    ),
                    class_name="qk-times",
                    role="group",
                    aria_label="Times",
                ),
                class_name="qk-columns",
            ),
        ),
    )


def _views() -> rx.Component:
    """The views that are kept, and the button that keeps this one."""
    return rx.cond(
        Runs.is_filtered | (Runs.views.length() > 0),
        rx.el.div(
            rx.foreach(Runs.views, _view),
            rx.cond(
                Runs.is_filtered,
                form(
                    rx.input(
                        name="name",
                        placeholder="Failed this week",
                        aria_label="Name of the view",
                        required=True,
                    ),
                    rx.el.label(rx.el.input(type="checkbox", name="shared"), " The whole team sees it"),
                    trigger=rx.el.button(
                        rx.icon("bookmark", size=14), "Keep this view", class_name="qk-chip"
                    ),
                    title="Keep this view",
                    sentence="The filters as they are now, under a name, wherever you sign in.",
                    button="Keep",
                    on_submit=Runs.keep_view,
                ),
            ),
            class_name="qk-views",
        ),
    )


def _view(view: rx.vars.ObjectVar[View]) -> rx.Component:
    drop = rx.el.button(
        rx.icon("x", size=12),
        on_click=Runs.drop_view(view.id),
        class_name="qk-bare",
        aria_label="Forget " + view.name.to(str),
    )
    shared = rx.icon("users", size=12, aria_label="Shared by somebody")
    return rx.el.span(link(view.name, to=view.href), rx.cond(view.mine, drop, shared), class_name="qk-chip")


def _density() -> rx.Component:
    """Runs by when they began; a bar leads to those of its stretch, a drag over several to those of all."""
    return rx.el.div(
        rx.foreach(Runs.bars, _bar),
        rx.el.input(
            hidden=True,
            default_value="",
            on_change=Runs.brush,
            aria_hidden="true",
            custom_attrs={"data-brushed": "1"},
            key="brushed",
        ),
        class_name="qk-density",
        role="img",
        aria_label="Runs over time",
        custom_attrs={"data-testid": "density"},
    )


def _bar(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    parts = [("failed", bar.failed), ("succeeded", bar.succeeded), ("running", bar.other)]
    drawn = [
        rx.el.i(style={"height": part.to_string() + "%", "background": f"var(--qk-state-{name})"})
        for name, part in parts
    ]
    stretch = {"data-since": bar.since, "data-until": bar.until, "draggable": "false"}
    return rx.cond(
        bar.href != "",
        link(*drawn, to=bar.href, title=bar.words, aria_label=bar.words, custom_attrs=stretch),
        rx.el.span(custom_attrs=stretch),
    )


def _table() -> rx.Component:
    heads = [rx.el.span("Workflow"), rx.el.span("State")]
    heads += [rx.cond(Runs.shown.contains(name), rx.el.span(word)) for name, (word, _) in COLUMNS.items()]
    return rx.el.div(
        rx.el.div(*heads, class_name="qk-head", aria_hidden="true"),
        rx.foreach(Runs.rows, _draw),
        class_name="qk-table qk-choosable",
        style={"--qk-columns": Runs.tracks},
    )


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    quiet = "qk-muted qk-small"
    hide = {"data-card": "hide"}
    cells = {
        "version": rx.el.span(row.version, class_name=quiet, custom_attrs=hide),
        "step": rx.el.span(row.step, class_name=f"{quiet} qk-clip", title=row.step, custom_attrs=hide),
        "tags": rx.el.span(row.tags, class_name=f"{quiet} qk-clip", title=row.tags, custom_attrs=hide),
        "trigger": rx.el.span(row.trigger, class_name=f"{quiet} qk-clip", custom_attrs=hide),
        "who": rx.el.span(row.who, class_name=f"{quiet} qk-clip", custom_attrs=hide),
        "when": moment(row.created, class_name=f"{quiet} qk-over"),
        "took": elapsed(row.started, row.finished, class_name="qk-small"),
        "tokens": rx.el.span(row.tokens, class_name=quiet, custom_attrs=hide),
        "cost": rx.el.span(row.cost, class_name=quiet, custom_attrs=hide),
    }
    return rx.el.div(
        tables.row_link(row.workflow, row.href),
        rx.el.span(chip(row.shown)),
        *(rx.cond(Runs.shown.contains(name), cells[name]) for name in COLUMNS),
        rx.el.input(
            type="checkbox",
            checked=Chosen.ids.contains(row.id),
            on_change=Chosen.toggle(row.id),
            aria_label="Choose the run of " + row.workflow.to(str),
            class_name="qk-choose",
            custom_attrs={"data-key": "x"},
        ),
        rx.cond(
            (row.status == "failed") & Frame.may_start,
            rx.el.button(hidden=True, on_click=Chosen.retry_one(row.id), custom_attrs={"data-key": "r"}),
        ),
        class_name="qk-row",
        key=row.id,
        custom_attrs={"data-run": row.id},
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
