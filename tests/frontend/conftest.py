"""What tests of pages share: the compiled app, and states whose handlers are called as plain methods."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import reflex as rx
from reflex.istate.data import RouterData

from backend.identity.principal import Principal
from frontend.state.session import set_caller

Page = TypeVar("Page", bound=rx.State)
Opened = Callable[..., Any]


@pytest.fixture(scope="session")
def compiled() -> Any:
    """The whole app, its pages evaluated and turned into JavaScript, nothing written."""
    from app.app import app

    # A private call of Reflex 0.10.1; kept in this one place.
    app._compile(dry_run=True)
    return app


@pytest.fixture
def opened(compiled: Any) -> Opened:
    """Give a page's state as the gate hands it to a handler: somebody calls, at an address."""

    def open_(page: type[Page], by: Principal, at: str, **parts: str) -> Page:
        set_caller(by)
        path, _, query = at.partition("?")
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        state = page(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue] - Reflex's own way in
        data = {
            "pathname": path,
            "asPath": at,
            "query": asked | parts,
            "headers": {"origin": "http://127.0.0.1:3000"},
        }
        state.router = RouterData.from_router_data(data)
        return state

    return open_
