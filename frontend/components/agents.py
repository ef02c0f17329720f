"""An agent's state as a chip, a ready-made role as a card, and the bar that shows how well an agent does something."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.agents import ready_made

_LOOKS = {  # word, icon, and the run state whose colour it has
    "created": ("Created", "circle-dashed", "queued"),
    "initializing": ("Initializing", "loader-circle", "waiting"),
    "validating": ("Validating", "loader-circle", "waiting"),
    "ready": ("Ready", "circle-check", "succeeded"),
    "executing": ("Executing", "loader-circle", "running"),
    "completed": ("Completed", "check", "succeeded"),
    "failed": ("Failed", "x", "failed"),
    "terminated": ("Terminated", "square", "cancelled"),
}
_TURNS = frozenset({"initializing", "validating", "executing"})


@dataclass
class RoleCard:
    """A ready-made role."""

    name: str
    title: str
    icon: str
    sentence: str


def role_cards() -> list[RoleCard]:
    """All of them, in their order."""
    return [RoleCard(one.name, one.title, one.icon, one.sentence) for one in ready_made.all_()]


def agent_chip(state: str | rx.Var[str]) -> rx.Component | rx.Var:
    """Icon and word on the state's colour."""
    return rx.match(state, *((name, _chip(name)) for name in _LOOKS), rx.fragment())


def role_icon(role: str | rx.Var[str], size: int = 18) -> rx.Component:
    """The role's own icon; that of all agents where the role is nobody's."""
    cases = [(one.name, rx.icon(one.icon, size=size)) for one in ready_made.all_()]
    return rx.el.span(rx.match(role, *cases, rx.icon("bot", size=size)), class_name="qk-tile")


def gallery(on_choose: Any) -> rx.Component:
    """The roles as cards to begin with, and one for an agent without any."""
    return rx.el.div(
        *(_card(one, on_choose(one.name)) for one in role_cards()),
        _card(
            RoleCard("", "Your own", "square-plus", "An empty profile: you say who it is and what it does."),
            on_choose(""),
        ),
        class_name="qk-cards qk-role-cards",
    )


def meter(share: rx.Var[float] | float, label: rx.Var[str] | str) -> rx.Component:
    """A bar as long as a number from 0 to 1."""
    return rx.el.div(
        rx.el.i(style={"width": f"calc(100% * {share})"}),
        class_name="qk-meter",
        role="img",
        aria_label=label,
    )


def _card(one: RoleCard, on_click: Any) -> rx.Component:
    return rx.el.button(
        rx.el.span(rx.icon(one.icon, size=18), class_name="qk-tile"),
        rx.el.span(
            rx.el.span(one.title, class_name="qk-card-title"),
            rx.el.span(one.sentence, class_name="qk-muted qk-small"),
            class_name="qk-two",
        ),
        class_name="qk-card qk-choice",
        type="button",
        on_click=on_click,
        custom_attrs={"data-role": one.name or "own"},
    )


def _chip(name: str) -> rx.Component:
    word, icon, slug = _LOOKS[name]
    return rx.el.span(
        rx.icon(icon, size=13, class_name="qk-turns" if name in _TURNS else ""),
        word,
        class_name="qk-state",
        style={
            "--qk-chip-soft": f"var(--qk-state-{slug}-soft)",
            "--qk-chip-ink": f"var(--qk-state-{slug}-ink)",
        },
    )
