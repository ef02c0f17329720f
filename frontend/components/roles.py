"""Roles as people choose and read them."""

from typing import Any

import reflex as rx

from backend.identity.permissions import ROLES, Role

MEANING: dict[Role, str] = {
    "owner": "Everything, and the team itself.",
    "admin": "Members, keys, secrets and all below.",
    "editor": "Draws, publishes and runs workflows.",
    "operator": "Starts, stops and retries runs, and reads their values.",
    "approver": "Answers the questions that runs ask, and reads those.",
    "viewer": "Looks, changes nothing; values of runs are hidden.",
}


def chosen(form: dict[str, str]) -> tuple[Role, ...]:
    """The roles ticked in a form made by `choices`."""
    return tuple(role for role in ROLES if form.get(f"role_{role}") in {"on", "true", True})


def choices(ticked: rx.Var[Any] | list[str], offered: rx.Var[Any] | list[str]) -> rx.Component:
    """A box for each role with what it means; those beyond one's own cannot be ticked."""
    return rx.el.fieldset(
        *(_choice(role, ticked, offered) for role in ROLES),
        class_name="qk-role-choices",
        custom_attrs={"aria-label": "Roles"},
    )


def shown(roles: rx.Var[Any]) -> rx.Component:
    """The roles of somebody as small badges."""
    return rx.el.span(
        rx.foreach(
            roles.to(list[str]), lambda role: rx.badge(role, variant="soft", color_scheme=_colour(role))
        ),
        class_name="qk-badges",
    )


def _colour(role: rx.Var[str]) -> Any:
    return rx.match(role, ("owner", "iris"), ("admin", "iris"), ("approver", "amber"), "gray")


def _holds(roles: rx.Var[Any] | list[str], role: Role) -> rx.vars.BooleanVar:
    return rx.Var.create(roles).to(list[str]).contains(role)


def _choice(role: Role, ticked: rx.Var[Any] | list[str], offered: rx.Var[Any] | list[str]) -> rx.Component:
    return rx.el.label(
        rx.checkbox(
            name=f"role_{role}", default_checked=_holds(ticked, role), disabled=~_holds(offered, role)
        ),
        rx.el.span(
            rx.el.span(role.capitalize(), class_name="qk-label"),
            rx.el.span(MEANING[role], class_name="qk-hint"),
        ),
        class_name="qk-role-choice",
    )
