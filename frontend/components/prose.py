"""Markdown that runs and models have written: no HTML, no images from elsewhere, links that open beside (decision D14)."""

from typing import Any

import reflex as rx

# What react-markdown gives for one link or picture; an address that could run something is empty by then.
_TARGET, _SOURCE = rx.Var("props.href").to(str), rx.Var("props.src").to(str)
_WORDS = rx.Var("(props.alt || props.src || 'Image')").to(str)


def prose(text: str | rx.Var[str]) -> rx.Component:
    """The text with its headings, lists, tables, code and links."""
    return rx.el.div(
        rx.markdown(text, use_raw=False, component_map={"a": _link, "img": _picture}), class_name="qk-message"
    )


def _link(words: rx.Var) -> rx.Component:
    return rx.el.span(rx.cond(_TARGET, _outside(words, to=_TARGET), words))


def _picture(_: rx.Var) -> rx.Component:
    """A word that leads to the picture: loading it would tell its server who reads this, and when."""
    return rx.el.span(
        rx.icon("image", size=13),
        rx.cond(_SOURCE, _outside(_WORDS, to=_SOURCE), _WORDS),
        class_name="qk-picture",
        title="Not loaded, because it is kept elsewhere",
    )


def _outside(words: rx.Var, *, to: rx.Var[Any]) -> rx.Component:
    return rx.el.a(words, href=to, target="_blank", rel="noopener noreferrer")
