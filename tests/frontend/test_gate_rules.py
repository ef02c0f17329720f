"""Every event handler of the product says who may call it; the build fails for one that does not."""

import pytest
from reflex_base.registry import RegistrationContext

from backend.identity.permissions import PERMISSIONS
from frontend import pages, rules

SETS_ANY_FIELD = "setvar"


@pytest.fixture(scope="module")
def handlers() -> dict:
    """Every handler that a browser can name once all pages are loaded; those of tests are left out."""
    pages.load()
    known = RegistrationContext.ensure_context().event_handlers
    return {name: entry.handler.fn for name, entry in known.items() if ".tests___" not in name}


def test_every_handler_declares_who_may_call_it(handlers: dict) -> None:
    undeclared = [
        f"{function.__module__}.{function.__qualname__}"
        for name, function in handlers.items()
        if not name.endswith(f".{SETS_ANY_FIELD}") and rules.declared(name, function) is None
    ]
    assert not undeclared, (
        f"{undeclared} can be called by nobody: put @allows('…'), @signed_in or @public (frontend/rules.py) "
        "under @rx.event."
    )


def test_nobody_may_set_fields_by_name(handlers: dict) -> None:
    setters = [name for name in handlers if name.endswith(f".{SETS_ANY_FIELD}")]
    assert setters
    assert all(rules.declared(name, handlers[name]) is None for name in setters)


def test_the_exceptions_for_the_framework_exist(handlers: dict) -> None:
    assert set(rules.FRAMEWORK) <= set(handlers)


def test_what_is_open_to_everybody_is_a_reviewed_list(handlers: dict) -> None:
    everybody = {
        name
        for name, function in handlers.items()
        if name not in rules.FRAMEWORK and rules.declared(name, function) == rules.EVERYBODY
    }
    assert everybody == REVIEWED_PUBLIC


# Anybody on the network can call these. Think before you add one.
REVIEWED_PUBLIC = {
    "reflex___state____state.frontend___pages___sign_in____sign_in.load",
    "reflex___state____state.frontend___pages___join____join.load",
}


def test_a_permission_must_exist() -> None:
    with pytest.raises(ValueError, match="is not a permission"):
        rules.allows("workflow.burn")  # pyright: ignore[reportArgumentType] - that is the point


def test_the_owner_holds_every_permission() -> None:
    assert set().union(*PERMISSIONS.values()) == PERMISSIONS["owner"]
