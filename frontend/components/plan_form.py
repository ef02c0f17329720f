"""The form of a goal: what is to be reached, and what the plan must keep to."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from backend.planning import domain
from frontend.components.sections import field
from frontend.state.plan_form import APPROVALS, PREFERENCES, UNITS, Choosable

_DOMAINS = {
    "auto": "Find the nearest",
    **{one.name: one.title for one in domain.all_()},
    domain.GENERIC: "Any goal",
}


def goal_fields(
    values: rx.vars.ObjectVar[dict[str, str]], agents: rx.vars.ArrayVar[Sequence[Choosable]]
) -> rx.Component:
    """All of them; `values` is what stands in them at first."""
    return rx.el.div(
        rx.el.label(
            rx.el.span("Goal", class_name="qk-label"),
            rx.text_area(
                name="goal",
                placeholder="For example: Answer the mails of our customers within an hour, and refund what is due.",
                rows="4",
                resize="vertical",
                required=True,
                max_length=4000,
                default_value=values["goal"],
            ),
            class_name="qk-field",
        ),
        rx.el.div(
            _deadline(values), _short("Most dollars a run", "max_cost", values), class_name="qk-halves"
        ),
        rx.el.fieldset(
            rx.el.legend("A person is asked before", class_name="qk-label"),
            rx.el.div(
                *(_tick(f"ask_{name}", word, values[f"ask_{name}"] == "true") for name, word in APPROVALS),
                class_name="qk-plan-ticks",
            ),
            class_name="qk-plan-set",
        ),
        rx.el.details(
            rx.el.summary("More constraints"),
            rx.el.div(*_more(values, agents), class_name="qk-fields"),
            class_name="qk-plan-more",
        ),
        class_name="qk-fields",
    )


def _more(
    values: rx.vars.ObjectVar[dict[str, str]], agents: rx.vars.ArrayVar[Sequence[Choosable]]
) -> list[rx.Component]:
    return [
        rx.el.div(
            _select("Kind of goal", "domain", _DOMAINS, values["domain"]),
            _select("What counts", "prefer", PREFERENCES, values["prefer"]),
            class_name="qk-halves",
        ),
        rx.el.div(
            _short("Most tokens a run", "max_tokens", values),
            _short("Minutes for a person's answer", "approval_minutes", values),
            class_name="qk-halves",
        ),
        field(
            "The team must bring in",
            "demanded",
            placeholder="contract law, writing",
            default_value=values["demanded"],
        ),
        field(
            "No task may need", "forbidden", placeholder="money, external", default_value=values["forbidden"]
        ),
        rx.cond(
            agents.length() > 0,
            rx.el.fieldset(
                rx.el.legend("Only these agents (none ticked: all that can work)", class_name="qk-label"),
                rx.el.div(
                    rx.foreach(agents, lambda one: _tick(f"agent_{one.id}", one.name, one.chosen)),
                    class_name="qk-plan-ticks",
                ),
                class_name="qk-plan-set",
            ),
        ),
        _tick("new_agents", "Design agents that the team lacks", values["new_agents"] == "true"),
        field(
            "Model that takes the goal apart",
            "model",
            placeholder="empty: offline, by the kinds of goals that are known",
            default_value=values["model"],
        ),
    ]


def _deadline(values: rx.vars.ObjectVar[dict[str, str]]) -> rx.Component:
    return rx.el.div(
        rx.el.label("Finished within", html_for="deadline", class_name="qk-label"),
        rx.el.div(
            rx.input(
                id="deadline", name="deadline", type="number", min=0, placeholder="no deadline",
                default_value=values["deadline"], custom_attrs={"step": "any"},
            ),
            _options("unit", {name: name for name in UNITS}, values["unit"], "Unit of time"),
            class_name="qk-plan-amount",
        ),
        class_name="qk-field",
    )  # fmt: skip


def _short(label: str, name: str, values: rx.vars.ObjectVar[dict[str, str]]) -> rx.Component:
    more: dict[str, Any] = {"type": "number", "min": 0, "custom_attrs": {"step": "any"}}
    return field(label, name, placeholder="no limit", default_value=values[name], **more)


def _select(label: str, name: str, options: dict[str, str], value: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"), _options(name, options, value, label), class_name="qk-field"
    )


def _options(name: str, options: dict[str, str], value: rx.Var[str], label: str) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(word, value=key) for key, word in options.items()),
        name=name,
        default_value=value,
        aria_label=label,
        class_name="qk-select",
        key=value,
    )


def _tick(name: str | rx.Var[str], label: str | rx.Var[str], chosen: rx.Var[bool] | bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, default_checked=chosen),
        rx.el.span(label),
        class_name="qk-plan-tick",
    )
