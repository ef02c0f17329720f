"""A secret that a run used is nowhere to be read afterwards, whatever the other side does with it (SEC-12)."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from backend.core import db, redis
from backend.identity import secrets
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.conftest import house as worker_house
from tests.backend.worker.house import House
from tests.http_server import Answer, Asked, json_answer
from tests.http_server import serving as outside

pytestmark = [pytest.mark.db, pytest.mark.redis]
CANARY = "canary-5f1d0c7e9a"
house = worker_house  # the installation in which worker tests play, with logs at level debug


def echo(asked: Asked) -> Answer:
    """What some servers do: repeat what they were sent."""
    answer = json_answer({"headers": asked.headers, "said": [f"you sent {asked.headers['authorization']}"]})
    answer.headers["x-echo"] = asked.headers["authorization"]
    return Answer(500, *([answer.body, answer.headers])) if asked.path == "/fails" else answer


def asking(url: str) -> Diagram:
    sign_in = {"url": url, "auth": "bearer", "secret": "canary"}
    names = ("start", "ask", "output")
    kinds = {"start": "start", "ask": "http_request", "output": "output"}
    nodes = tuple(Node(id=n, kind=kinds[n], config=sign_in if n == "ask" else {}) for n in names)
    return Diagram(
        name="Canary",
        nodes=nodes,
        wires=(Wire(source="start", target="ask"), Wire(source="ask", target="output")),
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", [CANARY, f"{CANARY}\nsecond line"], ids=["plain", "no-header"])
@pytest.mark.parametrize("path", ["/works", "/fails"])
async def test_a_used_secret_is_nowhere(house: House, tmp_path: Path, path: str, value: str) -> None:
    async with outside(echo) as server:
        world = await made.world(asking(server.url + path))
        async with db.database().transaction() as session:
            await secrets.put(session, world.by, "canary", value)
        house.worker(QUADRILLE_OUTBOUND_ALLOW="127.0.0.1")
        run_id = await house.start(world)
        run = await house.ended(run_id)
        if value == CANARY:
            assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"  # it was really used
            assert run.status == ("succeeded" if path == "/works" else "failed")
        async with serving() as port, calling(port, world.by) as program:
            said = [
                (await program.http.get(at)).text
                for at in (
                    f"/runs/{run_id}",
                    f"/runs/{run_id}/steps",
                    f"/runs/{run_id}/events",
                    "/runs",
                    "/secrets",
                    "/audit",
                    "/workflows/flow/export",
                )
            ]
    assert not [text for text in said if CANARY in text]
    assert CANARY not in house.logs()
    for name in await redis.client().keys("*"):
        kind = (await redis.client().type(name)).decode()
        held = await redis.client().dump(name)
        assert CANARY.encode() not in (held or b""), (name, kind)
    kept = await asyncio.to_thread(contents, tmp_path)
    assert f"{tmp_path}/quadrille.db" in kept
    assert not [name for name, held in kept.items() if CANARY.encode() in held]


def contents(folder: Path) -> dict[str, bytes]:
    """Of every file but those that are gone before they are read: a worker goes on meanwhile."""
    found: dict[str, bytes] = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                found[f"{path}/{name}"] = Path(path, name).read_bytes()
    return found
