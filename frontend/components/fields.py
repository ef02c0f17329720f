"""A form drawn from the rows of `frontend.state.forms`."""

from collections.abc import Sequence

import reflex as rx

from frontend.state.forms import Field


def fields(rows: rx.vars.ArrayVar[Sequence[Field]], *, editable: rx.Var[bool] | bool = True) -> rx.Component:
    """One field under another; each is named as its property, so that a surrounding form sends them."""
    return rx.el.div(rx.foreach(rows, lambda row: _field(row, editable)), class_name="qk-fields")


def _field(row: rx.vars.ObjectVar[Field], editable: rx.Var[bool] | bool) -> rx.Component:
    return rx.el.div(
        rx.el.label(row.title, html_for=row.name, class_name="qk-label"),
        _widget(row, rx.cond(editable, False, True)),
        rx.cond(row.help != "", rx.el.span(row.help, class_name="qk-hint")),
        rx.cond(row.wrong != "", rx.el.span(row.wrong, class_name="qk-wrong", role="alert")),
        class_name="qk-field",
        key=row.name,
    )


def _widget(row: rx.vars.ObjectVar[Field], disabled: rx.Var[bool]) -> rx.Component | rx.Var:
    common = {
        "id": row.name,
        "name": row.name,
        "default_value": row.value,
        "disabled": disabled,
        "key": row.value,
    }
    return rx.match(
        row.widget,
        ("long", rx.text_area(rows="7", resize="vertical", **common)),
        ("number", rx.input(type="number", class_name="qk-short", custom_attrs={"step": "any"}, **common)),
        (
            "json",
            rx.text_area(rows="5", resize="vertical", class_name="qk-mono", spell_check=False, **common),
        ),
        (
            "switch",
            rx.switch(id=row.name, name=row.name, default_checked=row.value == "true", disabled=disabled),
        ),
        (
            "choice",
            rx.select.root(
                rx.select.trigger(id=row.name, class_name="qk-short"),
                rx.select.content(
                    rx.foreach(row.options, lambda option: rx.select.item(option, value=option))
                ),
                name=row.name,
                default_value=row.value,
                disabled=disabled,
            ),
        ),
        rx.input(**common),
    )
