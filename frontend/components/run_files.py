"""Runs as files: the button that downloads one, and the button that takes one in."""

import reflex as rx

from frontend.components import run_evaluation
from frontend.components.links import link


def export(run_id: rx.Var[str] | str) -> rx.Component:
    """The whole run as one JSON file."""
    return rx.el.button(
        rx.icon("download", size=14),
        "Export",
        class_name="qk-copy",
        style={"cursor": "pointer"},
        title="Download the run with its diagram, events, steps and values",
        on_click=rx.download(url=f"/api/v1/runs/{run_id}/history"),
    )


def taken_elsewhere(run_id: rx.Var[str] | str, editor_href: rx.Var[str] | str) -> rx.Component:
    """As a file, into an evaluation set, and onto the draft."""
    return rx.fragment(
        export(run_id),
        run_evaluation.add(),
        link(
            rx.icon("square-pen", size=14),
            "Open in the editor",
            to=editor_href,
            title="Show its data on the draft",
        ),
    )


def import_() -> rx.Component:
    """A button that asks for such a file; `assets/shell.js` sends it and opens the run, or shows what is wrong."""
    return rx.button(
        rx.el.label(
            rx.icon("file-up", size=14),
            "Import",
            rx.el.input(
                type="file",
                accept=".json",
                class_name="qk-file",
                aria_label="File of a run",
                custom_attrs={"data-import-run": ""},
            ),
            title="Look at a run that was exported here or elsewhere; it is never played",
        ),
        as_child=True,
        variant="soft",
        color_scheme="gray",
    )


def problem() -> rx.Component:
    """Where the script says why a file was not taken in."""
    return rx.el.div(
        rx.icon("circle-alert", size=18),
        rx.el.div(custom_attrs={"data-import-words": ""}),
        id="import-problem",
        class_name="qk-problem",
        role="alert",
        hidden=True,
    )
