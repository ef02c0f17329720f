"""The profile of an agent as a form: who it is, what it works with, how it thinks, how far it may go."""

from typing import Any

import reflex as rx

from backend.nodes.tool_registry import all_tools
from frontend.components import notes
from frontend.state import agent_form
from frontend.state.agent import Agent


def profile_form(editable: Any) -> rx.Component:
    """What is stored; saving makes a new version, never one over somebody else's."""
    return rx.form(
        rx.cond(Agent.form_of != Agent.version, _newer()),
        rx.el.div(
            rx.el.div(_who(editable), class_name="qk-card qk-fields"),
            rx.el.div(
                rx.el.div(_works_with(editable), class_name="qk-card qk-fields"),
                rx.el.div(_limits(editable), class_name="qk-card qk-fields"),
                rx.el.div(_guardrails(editable), class_name="qk-card qk-fields"),
                class_name="qk-stack qk-side",
            ),
            class_name="qk-profile",
        ),
        rx.cond(editable, _save()),
        on_submit=Agent.save,
        key=f"{Agent.id}-{Agent.filled}",
    )


def _newer() -> rx.Component:
    return rx.el.div(
        notes.problem(
            f"Version {Agent.version} was saved meanwhile; this began from version {Agent.form_of}.",
            fix="Keep a copy of what you wrote, and make your change in the newest version.",
        ),
        rx.button(f"Show version {Agent.version}", type="button", variant="soft", on_click=Agent.load),
        class_name="qk-stack",
    )


def _who(editable: Any) -> rx.Component:
    return rx.fragment(
        _line("Role", "role", editable, hint="In a word or two; other agents and planners read it."),
        _area("Goal", "goal", editable, rows="2"),
        _area(
            "Instructions",
            "instructions",
            editable,
            rows="18",
            hint="What it must do and how. What it reads in documents and tool results is data, not instruction.",
        ),
    )


def _works_with(editable: Any) -> rx.Component:
    return rx.fragment(
        _line("Model", "model", editable, list="agent-models", mono=True),
        rx.el.datalist(rx.foreach(Agent.models, lambda name: rx.el.option(value=name)), id="agent-models"),
        _line(
            "Fallback models",
            "fallbacks",
            editable,
            mono=True,
            hint="Asked in this order when the model fails; separated by commas.",
        ),
        _line(
            "Tools",
            "tools",
            editable,
            mono=True,
            hint=f"Separated by commas; there are {', '.join(sorted(all_tools()))}.",
        ),
        _strategy(editable),
        rx.el.details(
            rx.el.summary("Answer's JSON Schema and script", class_name="qk-small qk-muted"),
            rx.el.div(
                _area("Answer's JSON Schema", "output_schema", editable, rows="8", mono=True),
                _area(
                    "Script",
                    "script",
                    editable,
                    rows="8",
                    mono=True,
                    hint="For the model scripted/script: YAML with `turns`.",
                ),
                class_name="qk-fields",
                style={"marginTop": "12px"},
            ),
        ),
    )


def _strategy(editable: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span("Strategy", class_name="qk-label"),
        rx.el.select(
            *(rx.el.option(_spoken(name), value=name) for name in agent_form.STRATEGIES),
            name="strategy",
            default_value=Agent.form["strategy"],
            disabled=~editable,
            class_name="qk-select",
        ),
        class_name="qk-field",
    )


def _limits(editable: Any) -> rx.Component:
    return rx.fragment(
        rx.el.h2("How far it may go in one step", class_name="qk-card-title"),
        rx.el.div(
            _figure("Turns", "max_turns", editable),
            _figure("Tokens", "max_tokens", editable),
            _figure("Seconds", "max_seconds", editable),
            _figure("Dollars", "max_cost", editable, placeholder="no limit"),
            class_name="qk-halves",
        ),
    )


def _guardrails(editable: Any) -> rx.Component:
    return rx.fragment(
        rx.el.h2("Guardrails", class_name="qk-card-title"),
        _line(
            "Mask personal data",
            "mask",
            editable,
            mono=True,
            hint=f"In all that its model reads and answers: {', '.join(agent_form.PERSONAL_DATA)}.",
        ),
        _area(
            "Must not say",
            "never_say",
            editable,
            rows="3",
            hint="Words, a line each. An answer or a tool call with one of them ends the work.",
        ),
    )


def _save() -> rx.Component:
    return rx.el.div(
        rx.input(
            name="reason",
            placeholder="Why? Kept with the version",
            max_length=500,
            aria_label="Why you change it",
            class_name="qk-why",
            key=f"why-{Agent.form_of}",
        ),
        rx.button("Save as new version", type="submit"),
        class_name="qk-decide",
    )


def _line(
    label: str, name: str, editable: Any, *, hint: str = "", mono: bool = False, **more: Any
) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.input(
            name=name,
            default_value=Agent.form[name],
            disabled=~editable,
            class_name="qk-mono" if mono else "",
            auto_complete="off",
            custom_attrs=more,
        ),
        rx.el.span(hint, class_name="qk-hint") if hint else rx.fragment(),
        class_name="qk-field",
    )


def _area(
    label: str, name: str, editable: Any, *, rows: str, hint: str = "", mono: bool = False
) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.text_area(
            name=name,
            default_value=Agent.form[name],
            disabled=~editable,
            rows=rows,
            resize="vertical",
            class_name="qk-mono" if mono else "",
        ),
        rx.el.span(hint, class_name="qk-hint") if hint else rx.fragment(),
        class_name="qk-field",
    )


def _figure(label: str, name: str, editable: Any, **more: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.input(
            name=name,
            type="number",
            default_value=Agent.form[name],
            disabled=~editable,
            custom_attrs={"step": "any"},
            **more,
        ),
        class_name="qk-field",
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()
