"""Strangers, wrong roles and forgotten handlers at a real Reflex backend, over real sockets."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from socketio.exceptions import ConnectionError as Refused

from backend.core import db
from backend.identity import cookies, sessions
from tests.backend.identity import people
from tests.frontend.backend import backend, beside
from tests.frontend.reflex_client import tab
from tests.servers import Sqlite, Valkey

STATE = "reflex___state____state"
NOTES = f"{STATE}.tests___frontend___gate_app____notes"


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, sqlite: Sqlite, valkey: Valkey
) -> Iterator[dict[str, str]]:
    """The small app in a process of its own; gives the settings that it runs with."""
    with backend("tests.frontend.gate_app:app", tmp_path_factory.mktemp("gate"), sqlite, valkey) as settings:
        yield settings


@pytest.fixture
async def url(served: dict[str, str], environment: pytest.MonkeyPatch) -> AsyncIterator[str]:
    async with beside(served, environment) as url:
        yield url


async def cookie_of(*roles, name: str = "Ada") -> tuple[str, people.Person]:
    someone = await people.person(await people.team(), *roles, name=name)
    return f"{cookies.session_name()}={await people.session_token(someone)}", someone


class TestSomebodyWithASession:
    async def test_calls_what_their_role_allows(self, url: str) -> None:
        cookie, _ = await cookie_of("editor")
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{NOTES}.edit", text="hello")
            await page.until("Ada wrote hello")
            await page.send(f"{NOTES}.edit_later")
            await page.until("Ada wrote later")

    async def test_gets_the_data_of_the_page_they_open(self, url: str) -> None:
        cookie, _ = await cookie_of("viewer")
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{STATE}.hydrate_and_load")
            await page.until("loaded for Ada")

    @pytest.mark.parametrize("handler", ["edit", "edit_later"])
    async def test_is_refused_what_their_role_does_not_allow(self, url: str, handler: str) -> None:
        cookie, _ = await cookie_of("viewer")
        payload = {"text": "hello"} if handler == "edit" else {}
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{NOTES}.{handler}", **payload)
            seen = await page.until("workflow.edit")
            assert "wrote" not in seen
            await page.send(f"{NOTES}.sign")
            assert "wrote" not in await page.until("signed by Ada")

    @pytest.mark.parametrize("handler", ["forgotten", "forgotten_later", "setvar"])
    async def test_cannot_call_what_nobody_declared(self, url: str, handler: str) -> None:
        cookie, _ = await cookie_of("owner")
        payload = {"var_name": "text", "value": "planted"} if handler == "setvar" else {}
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{NOTES}.{handler}", **payload)
            seen = await page.until("does not exist")
            assert "undeclared" not in seen
            assert "planted" not in seen

    async def test_loses_everything_at_their_next_event_when_the_session_ends(self, url: str) -> None:
        cookie, ada = await cookie_of("editor")
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{NOTES}.sign")
            await page.until("signed by Ada")
            async with db.database().transaction() as session:
                rows = await sessions.list_own(session, ada.by)
                await session.delete(rows[0])
            await page.send(f"{NOTES}.edit", text="hello")
            assert "wrote" not in await page.until("/sign-in")

    async def test_is_cut_off_at_once_when_the_session_is_revoked(self, url: str) -> None:
        cookie, ada = await cookie_of("editor")
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{NOTES}.sign")
            await page.until("signed by Ada")
            async with db.database().transaction() as session:
                await sessions.end_others(session, ada.by)
            async with asyncio.timeout(120):
                await page.closed.wait()

    async def test_loses_a_role_at_their_next_event(self, url: str) -> None:
        cookie, ada = await cookie_of("editor")
        async with tab(url, cookie=cookie) as page:
            await page.send(f"{NOTES}.edit", text="one")
            await page.until("Ada wrote one")
            await people.change_roles(ada, "viewer")
            await page.send(f"{NOTES}.edit", text="two")
            assert "wrote two" not in await page.until("workflow.edit")


class TestAStranger:
    @pytest.mark.parametrize(
        ("handler", "payload"),
        [("edit", {"text": "x"}), ("sign", {}), ("load", {}), ("edit_later", {}), ("forgotten", {})],
    )
    async def test_gets_nowhere_but_to_the_sign_in(self, url: str, handler: str, payload) -> None:
        async with tab(url) as page:
            await page.send(f"{NOTES}.{handler}", **payload)
            await page.send(f"{NOTES}.wave")
            seen = await page.until("somebody waved")
            assert "Ada" not in seen
            assert "undeclared" not in seen

    async def test_is_led_to_the_sign_in_and_back_later(self, url: str) -> None:
        async with tab(url) as page:
            await page.send(f"{STATE}.hydrate_and_load", path="/workflows/x")
            seen = await page.until("/sign-in?next=%2Fworkflows%2Fx")
            assert "nothing yet" not in seen

    async def test_may_open_the_sign_in(self, url: str) -> None:
        async with tab(url) as page:
            await page.send(f"{STATE}.hydrate_and_load", path="/sign-in")
            await page.until("nothing yet")

    async def test_gets_nothing_by_replaying_the_token_of_a_tab(self, url: str) -> None:
        cookie, _ = await cookie_of("editor")
        token = secrets.token_hex(16)
        async with tab(url, cookie=cookie, token=token) as page:
            await page.send(f"{NOTES}.edit", text="a secret")
            await page.until("a secret")
        other, _ = await cookie_of("owner", name="Eve")
        for stolen in ("", other):
            async with tab(url, cookie=stolen, token=token) as page:
                await page.send(f"{STATE}.hydrate_and_load", path="/sign-in")
                await page.send(f"{NOTES}.wave")
                assert "a secret" not in await page.until("somebody waved")

    async def test_may_replay_their_own_token(self, url: str) -> None:
        cookie, _ = await cookie_of("editor")
        token = secrets.token_hex(16)
        async with tab(url, cookie=cookie, token=token) as page:
            await page.send(f"{NOTES}.edit", text="kept")
            await page.until("kept")
        async with tab(url, cookie=cookie, token=token) as page:
            await page.send(f"{STATE}.hydrate", path="/sign-in")
            await page.until("kept")


class TestASocket:
    @pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
    async def test_of_a_foreign_page_is_refused_although_it_brings_the_cookie(self, url: str, origin) -> None:
        cookie, _ = await cookie_of("owner")
        with pytest.raises(Refused):
            async with tab(url, origin=origin, cookie=cookie):
                pass

    async def test_of_a_program_cannot_reach_the_pages(self, url: str) -> None:
        with pytest.raises(Refused):
            async with tab(url, origin=None, Authorization="Bearer qk_a_b"):
                pass

    @pytest.mark.parametrize(
        "sent", ["", "session", "session=", "session=\udcff", ";;=;", "session=a; session=b"]
    )
    async def test_with_a_broken_cookie_is_a_strangers(self, url: str, sent: str) -> None:
        async with tab(url, cookie=sent.encode("ascii", "ignore").decode()) as page:
            await page.send(f"{NOTES}.sign")
            await page.until("/sign-in")
