"""The state of a dead letter as a chip, its reason as a short word, and the questions before it is redriven or discarded."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend.dead_letters.schemas import Answers
from frontend.components import dialogs

_LOOKS = {
    "open": ("Open", "mail-warning", "waiting-person"),
    "redriven": ("Redriven", "rotate-cw", "running"),
    "discarded": ("Discarded", "archive", "cancelled"),
}
REASONS = {  # each as a word for chips and rows
    "poison": ("Workers died", "skull"),
    "unreadable": ("Cannot be played", "file-warning"),
    "compensation": ("Not undone", "undo-2"),
    "event": ("Event not taken", "radio"),
}
RATES: dict[str, tuple[str, float | None]] = {
    "": ("All at once", None),
    "60": ("60 a minute", 60),
    "10": ("10 a minute", 10),
    "1": ("1 a minute", 1),
}
"""How many of a group begin in a minute."""
_AGAIN = (
    "Each run goes on, in a new run, from where it stopped: finished steps stand, and other systems are sent the same "
    "keys again. A compensation is tried anew in its own run, and an event begins a run of what is published now."
)
_AWAY = (
    "Nothing is tried any more. A compensation counts as settled by hand, and its run goes on. "
    "The note stays with the letter."
)


def letter_chip(status: str | rx.Var[str]) -> rx.Component | rx.Var:
    """Icon and word on the state's colour."""
    return rx.match(status, *((name, _chip(name)) for name in _LOOKS), rx.fragment())


def reason(name: str | rx.Var[str]) -> rx.Component | rx.Var:
    """Icon and word."""
    drawn = [
        (key, rx.el.span(rx.icon(icon, size=14), word, class_name="qk-with-icon"))
        for key, (word, icon) in REASONS.items()
    ]
    return rx.match(name, *drawn, rx.fragment())


def redrive_button(
    title: str | rx.Var[str], on_click: Any, *, word: str = "Redrive", quiet: bool = False
) -> rx.Component:
    """Asks before it does it."""
    look = "soft" if quiet else "solid"
    return dialogs.sure(
        trigger=rx.button(rx.icon("rotate-cw", size=14), word, type="button", variant=look),
        title=title,
        sentence=_AGAIN,
        button="Redrive",
        on_click=on_click,
        colour="iris",
    )


def rates(chosen: rx.Var[str] | str, on_change: Any) -> rx.Component:
    """How fast a group begins."""
    return rx.el.select(
        *(rx.el.option(word, value=name) for name, (word, _) in RATES.items()),
        value=chosen,
        on_change=on_change,
        aria_label="How fast they begin",
        class_name="qk-select",
    )


def discard_button(title: str | rx.Var[str], on_submit: Any) -> rx.Component:
    """Asks why."""
    return dialogs.form(
        rx.el.label(
            rx.el.span("Why, for those who look later"),
            rx.text_area(
                name="note", required=True, max_length=2000, placeholder="Unbooked by phone with the hotel."
            ),
            class_name="qk-field",
        ),
        trigger=rx.button(
            rx.icon("archive", size=14), "Discard", variant="soft", color_scheme="gray", type="button"
        ),
        title=title,
        button="Discard",
        on_submit=on_submit,
        sentence=_AWAY,
    )


def told(answers: Answers) -> EventSpec:
    """What happened to many, in a sentence."""
    refused = [one for one in answers.items if one.outcome == "refused"]
    done = len(answers.items) - len(refused)
    if refused:
        why = f"{refused[0].message} {refused[0].fix}".strip()
        return rx.toast.error(f"{len(refused)} refused, {done} done.", description=why)
    outcomes = {one.outcome for one in answers.items}
    if outcomes == {"already"}:
        return rx.toast.info("Somebody was faster; nothing was left to do.")
    return rx.toast.success(f"{done} {(outcomes - {'already'}).pop()}.")


def _chip(name: str) -> rx.Component:
    word, icon, slug = _LOOKS[name]
    return rx.el.span(
        rx.icon(icon, size=13),
        word,
        class_name="qk-state",
        style={
            "--qk-chip-soft": f"var(--qk-state-{slug}-soft)",
            "--qk-chip-ink": f"var(--qk-state-{slug}-ink)",
        },
    )


def given_up(title: rx.Var[str] | str, href: rx.Var[str] | str) -> rx.Component:
    """Where to go on with a run that was given up."""
    return rx.el.div(
        rx.icon("mail-warning", size=18),
        rx.el.span("Given up: ", title, ".", style={"flex": "1"}),
        rx.button("What to do", color_scheme="amber", on_click=rx.redirect(href)),
        class_name="qk-callout",
    )
