"""Who may call which event handler: declared on the handler, and nothing else is callable (decision D3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from backend.identity.permissions import Permission

Handler = TypeVar("Handler", bound=Callable[..., Any])
_MARK = "__quadrille_rule__"
_STATE = "reflex___state____state"
_STORAGE = f"{_STATE}.reflex___state____update_vars_internal_state"
_ERRORS = f"{_STATE}.reflex___state____frontend_event_exception_state"
LOADING = f"{_STATE}.reflex___state____on_load_internal_state"


@dataclass(frozen=True)
class Rule:
    """`permission` None means any member when `signed_in`, and everybody otherwise."""

    signed_in: bool
    permission: Permission | None = None


EVERYBODY, MEMBERS = Rule(signed_in=False), Rule(signed_in=True)

# Reflex's own handlers. What is missing here cannot be called; above all `setvar`, which sets any field of any state.
FRAMEWORK: dict[str, Rule] = {
    f"{_STATE}.hydrate": EVERYBODY,
    f"{_STATE}.hydrate_and_load": EVERYBODY,
    f"{_STATE}.set_is_hydrated": EVERYBODY,
    f"{LOADING}.on_load_internal": EVERYBODY,
    f"{LOADING}.set_is_hydrated": EVERYBODY,
    f"{_STORAGE}.update_vars_internal": EVERYBODY,
    f"{_ERRORS}.handle_frontend_exception": EVERYBODY,
}
# The events that open a page.
OPENING = frozenset({f"{_STATE}.hydrate", f"{_STATE}.hydrate_and_load", f"{LOADING}.on_load_internal"})


def allows(permission: Permission) -> Callable[[Handler], Handler]:
    """Declare the permission that callers of an event handler need."""
    if permission not in get_args(Permission):
        raise ValueError(f"{permission} is not a permission; see backend/identity/permissions.py")
    return _marked(Rule(signed_in=True, permission=permission))


def signed_in(handler: Handler) -> Handler:
    """Declare that any member may call an event handler, whatever their roles."""
    return _marked(MEMBERS)(handler)


def public(handler: Handler) -> Handler:
    """Declare that everybody may call an event handler, also without a session."""
    return _marked(EVERYBODY)(handler)


def declared(name: str, handler: Callable[..., Any]) -> Rule | None:
    """The rule of a handler by its full name and function; None means that nobody may call it."""
    return FRAMEWORK.get(name) or getattr(handler, _MARK, None)


def _marked(rule: Rule) -> Callable[[Handler], Handler]:
    def mark(handler: Handler) -> Handler:
        setattr(handler, _MARK, rule)
        return handler

    return mark
