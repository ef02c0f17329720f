"""The state of a run or step as a chip: the same word, colour and icon wherever it is shown."""

import reflex as rx

from frontend.theme import STATES, Look

STARTED = {  # what started a run, as people say it
    "manual": "By hand",
    "api": "Over the API",
    "workflow": "By another run",
    "event": "By an event",
    "schedule": "By the clock",
    "retry": "Retry",
    "fork": "Fork",
    "replay": "Replay",
    "imported": "Imported",
    "trial": "Trial of a part",
    "evaluation": "Evaluation",
}


def chip(status: str | rx.Var[str]) -> rx.Component | rx.Var:
    """Icon and word on the state's colour."""
    cases = [(name, _chip(name, look)) for name, look in STATES.items()]
    return rx.match(status, *cases, rx.el.span(status, class_name="qk-muted"))


def _chip(name: str, look: Look) -> rx.Component:
    slug = name.replace("_", "-")
    return rx.el.span(
        rx.icon(look.icon, size=13, class_name="qk-turns" if look.turns else ""),
        look.word,
        class_name="qk-state",
        style={
            "--qk-chip-soft": f"var(--qk-state-{slug}-soft)",
            "--qk-chip-ink": f"var(--qk-state-{slug}-ink)",
        },
    )
