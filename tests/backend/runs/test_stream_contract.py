"""R54: one schema, the same bytes by websocket and by server-sent events, from any number on, also behind nginx."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from jsonschema import Draft202012Validator
from websockets.asyncio.client import connect

from backend.core import db, redis
from backend.core.settings import settings
from backend.engine.ports import StepId
from backend.identity import passwords
from backend.runs import service
from backend.runs.history import Entry
from tests.backend.identity import people
from tests.backend.runs import made, served
from tests.conftest import forget_settings
from tests.nginx import in_front_of
from tests.servers import ROOT, free_port

pytestmark = [pytest.mark.db, pytest.mark.redis]
ENDS = "run.succeeded"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who exist in this test only


@pytest.fixture
async def world(
    sqlite_database: db.Database, redis_url: str, environment: pytest.MonkeyPatch
) -> AsyncIterator[made.World]:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    yield await made.world()
    await redis.client().aclose()
    await db.database().close()


async def write(world: made.World, run_id: str, count: int) -> None:
    for n in range(count):
        async with db.database().transaction() as session:
            data = {"topic": "tick", "data": {"n": n, "text": "Ünï ☃ \u2028 </script>"}}
            await service.note(
                session, run_id, world.by.team_id, Entry("event.emitted", data, StepId("emit"))
            )
    async with db.database().transaction() as session:
        await service.note(session, run_id, world.by.team_id, Entry(ENDS, {}))


def ended(text: str) -> bool:
    return orjson.loads(text)["kind"] == ENDS


async def by_socket(socket: Any) -> list[str]:
    """Every text until the run has ended."""
    texts: list[str] = []
    async for text in socket:
        texts.append(text)
        if ended(text):
            break
    return texts


async def by_sse(http: httpx2.AsyncClient, path: str, **headers: str) -> list[str]:
    """The data of every message until the run has ended; each has its number as its id."""
    texts: list[str] = []
    accepts = {"Accept": "text/event-stream", **headers}
    async with http.stream("GET", path, headers=accepts, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for message in messages(answer):
            lines = message.split("\n")
            if not lines[0].startswith("id: "):
                continue
            texts.append(lines[1].removeprefix("data: "))
            assert lines[0] == f"id: {orjson.loads(texts[-1])['seq']}"
            if ended(texts[-1]):
                break
    return texts


async def messages(answer: httpx2.Response) -> AsyncIterator[str]:
    """What stands between empty lines; `aiter_lines` ends lines where the format does not."""
    rest = b""
    async for piece in answer.aiter_bytes():
        *whole, rest = (rest + piece).split(b"\n\n")
        for message in whole:
            yield message.decode()


async def test_R54_websocket_and_sse_carry_the_same_bytes_from_any_number_on(world: made.World) -> None:
    run_id = await made.run(world)
    schema = Draft202012Validator(orjson.loads((ROOT / "docs" / "events.schema.json").read_bytes()))
    path = f"/runs/{run_id}/events"
    async with served.serving() as port, served.calling(port, world.by) as caller:
        async with caller.socket(path) as live_socket, asyncio.TaskGroup() as tasks:
            live = [tasks.create_task(by_socket(live_socket)), tasks.create_task(by_sse(caller.http, path))]
            await write(world, run_id, 20)
        first, second = (task.result() for task in live)
        async with caller.socket(f"{path}?after=7") as late:
            from_rows = await by_socket(late)
        async with caller.socket(f"{path}?after=7&lines=true") as together:
            assert str(await together.recv()).split("\n") == from_rows, "an event a line"
        assert await by_sse(caller.http, f"{path}?after=7") == from_rows
        resumed = await by_sse(caller.http, path, **{"Last-Event-ID": "7"})
    assert first == second, "live"
    assert from_rows == resumed == first[7:], "live and from the rows"
    events = [orjson.loads(text) for text in first]
    assert [event["seq"] for event in events] == list(range(1, 22))
    for event in events:
        schema.validate(event)
        assert (event["run_id"], bool(event["at"]), bool(event["kind"])) == (run_id, True, True)


async def test_R54_behind_nginx_with_the_shipped_configuration(
    world: made.World, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Sign-in cookies, a websocket, a stream that is not held back, and a large upload, over TLS."""
    port = free_port()
    environment.setenv("QUADRILLE_PUBLIC_URL", f"https://127.0.0.1:{port}")
    environment.setenv("QUADRILLE_PROXY_HOPS", "1")
    settings.cache_clear()
    bea = await people.person(
        world.by.team_id, "owner", name="Bea", password_hash=await passwords.hashed(PASSWORD)
    )
    run_id = await made.run(world)
    async with served.serving() as upstream:
        with in_front_of(upstream, tmp_path, port) as url:
            trust = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
            headers = {"origin": url, "sec-fetch-site": "same-origin"}
            async with httpx2.AsyncClient(base_url=url, verify=trust, headers=headers, timeout=60) as http:
                signed = await http.post("/api/v1/session", json={"email": bea.email, "password": PASSWORD})
                assert signed.status_code == 201, signed.text
                cookie = http.cookies["__Host-session"]
                http.headers["x-csrf"] = http.cookies["qk_csrf"]
                assert (await http.get("/api/v1/me")).json()["name"] == "Bea"
                await _streams(world, run_id, http, url, trust, cookie)
                body = {"input": {"text": "x" * 9_000_000}}
                started = await http.post(f"/api/v1/workflows/{world.workflow_id}/runs", json=body)
                assert started.status_code in (202, 422), started.text[:300]
                too_much = {"input": {"text": "x" * 30_000_000}}
                refused = await http.post(f"/api/v1/workflows/{world.workflow_id}/runs", json=too_much)
                assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


async def _streams(
    world: made.World, run_id: str, http: httpx2.AsyncClient, url: str, trust: ssl.SSLContext, cookie: str
) -> None:
    """An event is there while the stream goes on; both ways give the same."""
    path = f"/api/v1/runs/{run_id}/events"
    address = f"{url.replace('https', 'wss')}{path}"
    more = {"Cookie": f"__Host-session={cookie}", "Origin": url}
    async with connect(address, additional_headers=more, ssl=trust, open_timeout=120) as socket:
        async with db.database().transaction() as session:
            first = Entry("event.emitted", {"topic": "t", "data": {}}, StepId("emit"))
            await service.note(session, run_id, world.by.team_id, first)
        async with asyncio.timeout(120):
            assert orjson.loads(await socket.recv())["seq"] == 1
        async with http.stream("GET", path, headers={"Accept": "text/event-stream"}) as answer:
            async with asyncio.timeout(120):
                async for message in messages(answer):
                    if message.startswith("id: 1\n"):
                        break
            await write(world, run_id, 3)
        assert [orjson.loads(text)["seq"] for text in await by_socket(socket)] == [2, 3, 4, 5]
    assert len(await by_sse(http, path)) == 5
