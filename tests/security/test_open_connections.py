"""What is open when a session ends closes with it (SEC-06), with Redis at once and without it in five seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.requests import HTTPConnection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backend.core.settings import settings
from backend.identity import cookies, edge, revocation, sessions, standing, tokens
from backend.identity.principal import Principal
from backend.runs import stream_endpoints
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.served import serving

pytestmark = [pytest.mark.db, pytest.mark.redis]


class Browser:
    """A signed-in browser with the draft, a run's socket and a run's server-sent events open."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {
            "Cookie": f"{cookies.session_name()}={token}",
            "Origin": settings().resolved_public_url(),
            "X-CSRF": tokens.csrf_of(token),
        }
        base = f"http://127.0.0.1:{port}/api/v1"
        self.http = httpx2.AsyncClient(base_url=base, headers=self.headers, timeout=120)

    def socket(self, path: str) -> connect:
        cookie = {"Cookie": self.headers["Cookie"]}
        url = f"ws://127.0.0.1:{self.port}/api/v1{path}"
        more: Any = {"additional_headers": cookie, "origin": self.headers["Origin"], "open_timeout": 120}
        return connect(url, **more)


@pytest.fixture
async def world(house: None) -> made.World:
    return await made.world(Diagram(name="Flow", nodes=(Node(id="start", kind="start"),)))


@pytest.fixture
async def browser(world: made.World) -> AsyncIterator[Browser]:
    ada = await people.person(world.by.team_id, "editor")
    async with serving() as port:
        opened = Browser(port, await people.session_token(ada))
        async with opened.http:
            yield opened


async def all_close(browser: Browser, run_id: str) -> None:
    """Sign out with everything open, and wait until the last of it has closed."""
    flow = browser.socket("/workflows/flow/draft")
    run = browser.socket(f"/runs/{run_id}/events")
    events = browser.http.stream(
        "GET", f"/runs/{run_id}/events", headers={"Accept": "text/event-stream"}, timeout=120
    )
    async with flow as drafting, run as watching, events as streaming:
        lines = streaming.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        await drafting.recv()
        assert (await browser.http.delete("/session")).status_code == 200
        async with asyncio.timeout(60):
            assert await code_of(drafting) == 4401
            assert await code_of(watching) == 4401
            async for _ in lines:
                pass


async def code_of(socket: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass
    return socket.close_code


async def test_signing_out_closes_what_is_open_at_once(
    browser: Browser, world: made.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "LOOK_SECONDS", 600)  # so only the notice can close it
    await all_close(browser, await made.run(world))


async def test_a_socket_that_is_being_opened_when_its_session_ends_closes_at_once(
    browser: Browser, world: made.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "LOOK_SECONDS", 600)
    opening, go_on, may_watch = asyncio.Event(), asyncio.Event(), stream_endpoints._may_watch

    async def slowly(by: Principal, run_id: str) -> bool:
        opening.set()
        await go_on.wait()
        return await may_watch(by, run_id)

    monkeypatch.setattr(stream_endpoints, "_may_watch", slowly)
    run = browser.socket(f"/runs/{await made.run(world)}/events")
    async with browser.socket("/workflows/flow/draft") as drafting, run as watching, asyncio.timeout(60):
        await drafting.recv()
        await opening.wait()
        assert (await browser.http.delete("/session")).status_code == 200
        assert await code_of(drafting) == 4401, "the notice has come"
        go_on.set()
        assert await code_of(watching) == 4401


async def test_without_the_notice_it_closes_in_five_seconds(
    browser: Browser, world: made.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(session_ids: list[str]) -> None: ...

    assert standing.LOOK_SECONDS <= 5
    monkeypatch.setattr(revocation, "announce", nothing)
    await all_close(browser, await made.run(world))


async def test_an_ended_cookie_opens_nothing_again(browser: Browser, world: made.World) -> None:
    run_id = await made.run(world)
    assert (await browser.http.delete("/session")).status_code == 200
    for path in ("/workflows/flow/draft", f"/runs/{run_id}/events"):
        async with browser.socket(path) as socket:
            assert await code_of(socket) == 4401
    assert (await browser.http.get("/runs")).status_code == 401


async def test_looking_whether_a_session_stands_does_not_keep_it_alive(
    browser: Browser, world: made.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a forgotten tab would never be idle."""
    monkeypatch.setattr(standing, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sessions, "_SEEN_STEP", timedelta(0))
    touched, looked, again = 0, asyncio.Semaphore(0), edge.principal_again

    async def touch(*_: object) -> None:
        nonlocal touched
        touched += 1

    async def look(connection: HTTPConnection) -> Principal | None:
        looked.release()
        return await again(connection)

    monkeypatch.setattr(sessions, "touch", touch)
    monkeypatch.setattr(edge, "principal_again", look)
    async with browser.socket(f"/runs/{await made.run(world)}/events"), asyncio.timeout(60):
        for _ in range(5):
            await looked.acquire()
    assert touched == 1  # by the handshake
