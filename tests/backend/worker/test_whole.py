"""From a start over REST to the last event on the socket: web, worker, Valkey and database together."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from backend.identity import standing
from backend.runs.schemas import TERMINAL
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.served import Caller, calling, serving
from tests.backend.worker.house import House, check_invariants

pytestmark = [pytest.mark.db, pytest.mark.redis]


def answered() -> Diagram:
    draft = {"name": "draft", "value": "Dear {{ input.name }}"}
    form = [{"name": "answer", "type": "text", "required": True, "proposal": "{{ nodes.draft.draft }}"}]
    return Diagram(
        name="Answer a mail",
        nodes=(
            Node(id="start", kind="start", config={"fields": [{"name": "name", "required": True}]}),
            Node(id="draft", kind="set_fields", config={"fields": [draft]}),
            Node(id="approve", kind="human_approval", config={"title": "Send it?", "fields": form}),
            Node(id="output", kind="output"),
        ),
        wires=(
            Wire(source="start", target="draft"),
            Wire(source="draft", target="approve"),
            Wire(source="approve", source_port="approved", target="output"),
        ),
    )


@pytest.fixture
async def world(house: House) -> made.World:
    return await made.world(answered())


@pytest.fixture
async def caller(world: made.World) -> AsyncIterator[Caller]:
    async with serving() as port, calling(port, world.by) as program:
        yield program


async def collect(caller: Caller, run_id: str, after: int = 0) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async with caller.socket(f"/runs/{run_id}/events?after={after}") as socket:
        async for text in socket:
            event = orjson.loads(text)
            events.append(event)
            if event["kind"] in ("run.succeeded", "run.failed", "run.cancelled"):
                break
    return events


async def approval(caller: Caller, run_id: str) -> dict[str, Any]:
    async with asyncio.timeout(120):
        while True:
            page = await caller.http.get("/approvals")
            assert page.status_code == 200, page.text
            if found := [a for a in page.json()["items"] if a["run_id"] == run_id]:
                return found[0]
            run = await caller.http.get(f"/runs/{run_id}")
            assert run.json()["status"] not in TERMINAL, run.text
            await asyncio.sleep(0.25)


async def test_start_watch_approve_finish(house: House, world: made.World, caller: Caller) -> None:
    house.worker()
    started = await caller.http.post("/workflows/flow/runs", json={"input": {"name": "Ünï ☃"}})
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    run_id = started.json()["id"]
    assert started.headers["location"] == f"/api/v1/runs/{run_id}"
    watching = asyncio.ensure_future(collect(caller, run_id))
    asked = await approval(caller, run_id)
    assert (asked["title"], asked["proposal"]) == ("Send it?", {"answer": "Dear Ünï ☃"})
    waiting = await house.until(run_id, lambda run: run.status == "waiting_person")
    assert waiting.worker_id is None
    answer = {
        "verdict": "approved",
        "values": {"answer": "Hello!"},
        "arguments_hash": asked["arguments_hash"],
    }
    decided = await caller.http.post(f"/approvals/{asked['id']}/decision", json=answer)
    assert decided.status_code == 200, decided.text
    events = await asyncio.wait_for(watching, 60)
    run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    assert [e["seq"] for e in events if e["seq"]] == list(range(1, run.last_seq + 1))
    assert {"run.waiting", "approval.requested", "approval.decided"} <= {e["kind"] for e in events}
    again = await collect(caller, run_id, after=3)
    assert [e["seq"] for e in again] == list(range(4, run.last_seq + 1))
    page = (await caller.http.get(f"/runs/{run_id}/events", params={"limit": 3})).json()
    assert (page["items"], page["more"]) == ([e for e in events if e["seq"]][:3], True)
    shown = (await caller.http.get(f"/runs/{run_id}/steps")).json()["items"]
    assert {s["node_id"]: s["output"] for s in shown}["approve"]["values"] == {"answer": "Hello!"}
    assert (await caller.http.post(f"/approvals/{asked['id']}/decision", json=answer)).status_code == 409
    await check_invariants([run])


async def test_the_answer_can_be_waited_for(house: House, world: made.World, caller: Caller) -> None:
    house.worker()
    quick = await made.published(world.by, made.chain(Node(id="start", kind="start")), "quick")
    done = await caller.http.post(f"/workflows/{quick.workflow_id}/runs?wait=30", json={"input": [1]})
    assert (done.status_code, done.json()["status"], done.json()["output"]) == (200, "succeeded", [1])
    late = await caller.http.post("/workflows/flow/runs?wait=0.2", json={"input": {"name": "x"}})
    assert (late.status_code, late.json()["finished_at"]) == (202, None)


async def test_a_wrong_start_says_where(caller: Caller) -> None:
    async def refused(content: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"content-type": "application/json"} | headers
        answer = await caller.http.post("/workflows/flow/runs", content=content, headers=sent)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()

    status, body = await refused(b'{"input": {"nam": 1}}')
    assert (status, {p["place"] for p in body["problems"]}) == (422, {"input", "input.name"})
    status, body = await refused(b'{"input": \n oh}')
    assert (status, "line 2" in body["detail"]) == (422, True)
    status, body = await refused(b"[" * 100_000)
    assert status == 422
    status, body = await refused(b'{"input": "' + b"x" * 10_000_001 + b'"}')
    assert (status, body["code"]) == (413, "too_large")
    assert (await caller.http.post("/workflows/nowhere/runs")).status_code == 404
    assert (await caller.http.get("/runs", params={"status": "odd"})).status_code == 422


async def test_a_key_repeated_gives_the_same_run(caller: Caller) -> None:
    async def start(name: str) -> tuple[int, dict[str, Any]]:
        headers = {"Idempotency-Key": "one"}
        answer = await caller.http.post(
            "/workflows/flow/runs", json={"input": {"name": name}}, headers=headers
        )
        return answer.status_code, answer.json()

    first, second, other = await start("a"), await start("a"), await start("b")
    assert (first[0], second[1]["id"], other[0]) == (202, first[1]["id"], 409)


async def test_sse_carries_the_same_and_resumes(house: House, world: made.World, caller: Caller) -> None:
    house.worker()
    quick = await made.published(world.by, made.chain(Node(id="start", kind="start")), "quick")
    started = (await caller.http.post(f"/workflows/{quick.workflow_id}/runs?wait=30", json={})).json()
    path = f"/runs/{started['id']}/events"

    async def read(**headers: str) -> list[str]:
        ids: list[str] = []
        wanted = {"accept": "text/event-stream"} | headers
        async with caller.http.stream("GET", path, headers=wanted) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    ids.append(line[4:])
                if line.startswith("data: ") and orjson.loads(line[6:])["kind"] == "run.succeeded":
                    return ids
        return ids

    last = started["last_seq"]
    assert await asyncio.wait_for(read(), 120) == [str(n) for n in range(1, last + 1)]
    resumed = await asyncio.wait_for(read(**{"last-event-id": "2"}), 120)
    assert resumed == [str(n) for n in range(3, last + 1)]


async def test_sockets_are_refused_and_closed(
    world: made.World, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await made.run(world)

    async def closed(program: Caller, run: str) -> int | None:
        async with program.socket(f"/runs/{run}/events") as socket:
            await asyncio.wait_for(socket.wait_closed(), 60)
            return socket.close_code

    assert await closed(Caller(caller.port, "qk_no_key", caller.http), run_id) == 4401
    assert await closed(caller, "run_nowhere") == 4404
    stranger = (await people.person(await people.team("Other"), "owner")).by
    async with calling(caller.port, stranger) as other:
        assert await closed(other, run_id) == 4404
        monkeypatch.setattr(standing, "LOOK_SECONDS", 0.1)
        async with caller.socket(f"/runs/{run_id}/events") as socket:
            mine = (await caller.http.get("/keys")).json()
            gone = await caller.http.delete(f"/keys/{mine[0]['id']}")
            assert gone.status_code == 204, gone.text
            await asyncio.wait_for(socket.wait_closed(), 60)
            assert socket.close_code == 4401
