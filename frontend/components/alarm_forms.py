"""The dialog in which an alarm is made, and the words for one."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx
from pydantic import ValidationError

from backend.monitoring.schemas import AlarmWish
from frontend.components import dialogs, sections
from frontend.state import dialog as answers

KINDS = {
    "consecutive_failures": "{n} runs fail one after the other",
    "failure_rate": "{n} % of runs fail",
    "error_count": "{n} runs fail",
    "latency": "5 % of runs take {n} seconds or longer",
    "latency_spike": "Runs take {n} times as long as in the week before",
    "cost_per_run": "A run costs ${n} or more",
    "cost": "Runs cost ${n} or more together",
    "no_activity": "No run begins for {n} minutes",
    "no_worker": "A run waits {n} minutes for a worker",
    "plan_deviations": "Runs leave their plans {n} times",
    "providers_resting": "{n} or more providers of models are left alone",
}
_FORMATS = (
    ("json", "JSON with every detail"),
    ("chat", "A chat message: Slack, Mattermost, Rocket.Chat"),
    ("teams", "A card: Microsoft Teams, Workflows"),
)
_IN_TIME = frozenset(
    {"failure_rate", "error_count", "latency", "latency_spike", "cost_per_run", "cost", "plan_deviations"}
)


def words(one: AlarmWish) -> str:
    """What is looked for, as a sentence."""
    within = f" in {one.minutes} minutes" if one.kind in _IN_TIME else ""
    return KINDS[one.kind].format(n=f"{one.threshold:g}") + within


def wish(form: Mapping[str, str]) -> AlarmWish:
    """What somebody typed; raises Invalid at its field."""
    try:
        return _wish(form)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][0] if first["loc"] else "")
    raise answers.wrong(place, f"{place.replace('_', ' ').capitalize()}: {first['msg']}.")


def _wish(form: Mapping[str, str]) -> AlarmWish:
    return AlarmWish.model_validate(
        {
            "kind": form.get("kind"),
            "workflow_id": form.get("workflow_id") or None,
            "threshold": form.get("threshold"),
            "minutes": form.get("minutes"),
            "quiet_minutes": form.get("quiet_minutes"),
            "mail_to": [one.strip() for one in form.get("mail_to", "").split(",") if one.strip()],
            "webhook": form.get("webhook", "").strip(),
            "webhook_format": form.get("webhook_format") or "json",
        }
    )


def dialog(workflows: rx.vars.ArrayVar[Sequence[list[str]]], on_submit: Any) -> rx.Component:
    """What, where, how much, and whom to tell."""
    return dialogs.form(
        _choose("What", "kind", [(kind, text.format(n="N")) for kind, text in KINDS.items()]),
        rx.el.label(
            rx.el.span("Where", class_name="qk-label"),
            rx.el.select(
                rx.el.option("All workflows", value=""),
                rx.foreach(workflows, lambda one: rx.el.option(one[1], value=one[0])),
                name="workflow_id",
                class_name="qk-select",
            ),
            class_name="qk-field",
        ),
        sections.number("N", "threshold", "3"),
        sections.number("Within minutes", "minutes", "60"),
        sections.number("Quiet minutes after an alarm", "quiet_minutes", "60"),
        sections.field("E-mail to members, with commas between", "mail_to", placeholder="ada@example.com"),
        sections.field("Webhook", "webhook", placeholder="https://"),
        _choose("The webhook gets", "webhook_format", _FORMATS),
        trigger=rx.button(rx.icon("plus", size=14), "New alarm", size="2"),
        title="New alarm",
        sentence="You see it on the pages in any case.",
        button="Look for it",
        on_submit=on_submit,
    )


def _choose(label: str, name: str, options: Sequence[tuple[str, str]]) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.el.select(
            *(rx.el.option(text, value=value) for value, text in options), name=name, class_name="qk-select"
        ),
        class_name="qk-field",
    )
