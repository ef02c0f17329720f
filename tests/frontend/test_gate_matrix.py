"""Every event handler of the product, called by a stranger and by every role that may not (SEC-07, C-22)."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from backend.identity import cookies
from backend.identity.permissions import ROLES, Role, permitted
from frontend import pages, rules
from tests.backend.identity import people
from tests.frontend.backend import backend, beside
from tests.frontend.reflex_client import Tab, tab
from tests.servers import Sqlite, Valkey

ODD_PAYLOADS: tuple[dict[str, Any], ...] = (
    {},
    {"x": None},
    {"form": [1, {"a": "\0"}], "member_id": {"$ne": 1}},
)
ROOT_STATE = "reflex___state____state"
# What Reflex itself reports of the tab, and our note of whose state it is.
HARMLESS = {ROOT_STATE, f"{ROOT_STATE}.frontend___state___session____session"}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, sqlite: Sqlite, valkey: Valkey
) -> Iterator[dict[str, str]]:
    """The product's own backend."""
    with backend("app.app:app", tmp_path_factory.mktemp("matrix"), sqlite, valkey) as settings:
        yield settings


@pytest.fixture
async def url(served: dict[str, str], environment: pytest.MonkeyPatch) -> AsyncIterator[str]:
    async with beside(served, environment) as url:
        yield url


@pytest.fixture(scope="module")
def declared() -> dict[str, rules.Rule | None]:
    """Every handler that a browser can name, with its rule."""
    pages.load()
    known = RegistrationContext.ensure_context().event_handlers
    return {
        name: rules.declared(name, entry.handler.fn)
        for name, entry in known.items()
        if ".tests___" not in name
    }


async def test_a_stranger_can_call_nothing_that_is_not_public(url: str, declared: dict) -> None:
    private = [name for name, rule in declared.items() if rule is None or rule.signed_in]
    async with tab(url) as page:
        for name in private:
            for payload in ODD_PAYLOADS:
                await page.send(name, **payload)
        await answers(page, len(private) * len(ODD_PAYLOADS))
        assert told(page) == set()


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_can_call_nothing_that_it_does_not_permit(url: str, declared: dict, role: Role) -> None:
    beyond = [
        name
        for name, rule in declared.items()
        if rule is None or (rule.permission is not None and not permitted((role,), rule.permission))
    ]
    someone = await people.person(await people.team(), role)
    cookie = f"{cookies.session_name()}={await people.session_token(someone)}"
    async with tab(url, cookie=cookie) as page:
        for name in beyond:
            for payload in ODD_PAYLOADS:
                await page.send(name, **payload)
        await answers(page, len(beyond) * len(ODD_PAYLOADS))
        assert told(page) == set()


async def answers(page: Tab, number: int) -> None:
    """Wait until each event was answered by a refusal or a way to the sign-in."""
    async with page.arrived:
        await page.arrived.wait_for(lambda: len(refusals(page)) >= number)


def refusals(page: Tab) -> list[Any]:
    words = ("/sign-in", "Your role does not allow this", "This action does not exist")
    return [
        e for update in page.received for e in update.get("events") or [] if any(w in str(e) for w in words)
    ]


def told(page: Tab) -> set[str]:
    """The states of which the page was told anything."""
    return {state for update in page.received for state in update.get("delta") or {}} - HARMLESS
