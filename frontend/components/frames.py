"""What every page of a list and every page of one thing shares: loading, missing, the way back, the id to copy."""

import reflex as rx

from frontend.components import notes
from frontend.components.links import link


def listed(
    loaded: rx.Var[bool] | bool, rows: rx.vars.ArrayVar, table: rx.Component, empty: rx.Component | rx.Var
) -> rx.Component | rx.Var:
    """A list as bones until it is loaded, then its table, or what it says when there is nothing."""
    return rx.cond(loaded, rx.cond(rows.length() > 0, table, empty), notes.skeleton())


def one(
    missing: rx.Var[str] | str, found: rx.Var[bool] | bool, thing: rx.Component, *, bones: int = 4
) -> rx.Component | rx.Var:
    """A thing of a run as bones until it is found; `missing` says why it cannot be."""
    gone = notes.problem(missing, fix="It may have been removed, or belong to another team.")
    return rx.cond(missing != "", gone, rx.cond(found, thing, notes.skeleton(bones)))


def back(to: str, label: str) -> rx.Component:
    """The arrow before the title that leads to the list."""
    return link(rx.icon("arrow-left", size=16), to=to, class_name="qk-icon-button", aria_label=label)


def copied_id(id_: rx.Var[str] | str) -> rx.Component:
    """An id that a click puts into the clipboard."""
    return rx.el.button(
        id_, class_name="qk-copy qk-mono", title="Copy the id", on_click=rx.set_clipboard(id_)
    )
