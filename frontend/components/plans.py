"""A plan's state and a risk's weight as chips."""

import reflex as rx

_STATES = {  # word, icon, and the run state whose colour it has
    "proposed": ("Proposed", "circle-dashed", "waiting"),
    "accepted": ("Accepted", "circle-check", "succeeded"),
    "impossible": ("Not possible", "circle-alert", "failed"),
}
_RISKS = {
    "high": ("Grave", "octagon-alert", "failed"),
    "medium": ("Notable", "triangle-alert", "waiting-person"),
    "low": ("Small", "info", "queued"),
}


def plan_chip(state: str | rx.Var[str]) -> rx.Component | rx.Var:
    """Where the plan stands."""
    return rx.match(state, *((name, _chip(*looks)) for name, looks in _STATES.items()), rx.fragment())


def risk_chip(severity: str | rx.Var[str]) -> rx.Component | rx.Var:
    """How much it matters."""
    return rx.match(severity, *((name, _chip(*looks)) for name, looks in _RISKS.items()), rx.fragment())


def _chip(word: str, icon: str, slug: str) -> rx.Component:
    return rx.el.span(
        rx.icon(icon, size=13),
        word,
        class_name="qk-state",
        style={
            "--qk-chip-soft": f"var(--qk-state-{slug}-soft)",
            "--qk-chip-ink": f"var(--qk-state-{slug}-ink)",
        },
    )
