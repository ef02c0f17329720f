"""Who may watch a run but not read it sees its course and nothing of its values: as rows, live and as questions (A5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx2
import orjson
import pytest
from websockets.exceptions import ConnectionClosed

from backend.approvals import service as approvals
from backend.approvals.schemas import ApprovalPublic
from backend.core import db, redis
from backend.engine.ports import StepId
from backend.identity.permissions import PERMISSIONS, ROLES, Role
from backend.identity.principal import Principal
from backend.nodes.kind import Question
from backend.runs import live, redaction, service
from backend.runs.history import Entry
from backend.runs.repository import Filter
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.served import Caller, calling, serving

pytestmark = [pytest.mark.db, pytest.mark.redis]
PRIVATE = "IBAN DE89 3704"
ERROR = {"code": "invalid", "message": f"Not a number: {PRIVATE}", "fix": PRIVATE, "details": {"x": PRIVATE}}
READERS = [role for role in ROLES if "run.payload" in PERMISSIONS[role]]


@pytest.fixture
async def world(house: None) -> made.World:
    return await made.world(Diagram(name="Flow", nodes=(Node(id="start", kind="start"),)))


@pytest.fixture
async def port(world: made.World) -> AsyncIterator[int]:
    async with serving() as port:
        yield port


async def note(world: made.World, run_id: str, kind: Any, data: dict[str, Any]) -> None:
    async with db.database().transaction() as session:
        await service.note(session, run_id, world.by.team_id, Entry(kind, data, StepId("start")))


async def told_by_socket(caller: Caller, run_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(120), caller.socket(f"/runs/{run_id}/events") as socket:
        async for text in socket:
            events.append(orjson.loads(text))
            if events[-1]["kind"] == "run.failed":
                return events
    return events


async def told_by_stream(caller: Caller, run_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    accept = {"Accept": "text/event-stream"}
    async with (
        asyncio.timeout(120),
        caller.http.stream("GET", f"/runs/{run_id}/events", headers=accept) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                events.append(orjson.loads(line[6:]))
                if events[-1]["kind"] == "run.failed":
                    return events
    return events


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ROLES)
async def test_streams_tell_the_course_and_hide_the_values(world: made.World, port: int, role: Role) -> None:
    """What was missed, what is live, and what is volatile; by socket and by server-sent events."""
    run_id = await made.run(world, input={"x": PRIVATE}, output={"x": PRIVATE}, error=ERROR)
    await note(world, run_id, "step.started", {"items": [PRIVATE], "count": 1})
    await note(world, run_id, "approval.requested", {"approval_id": "apr_1", "title": PRIVATE})
    async with calling(port, world.by, role) as caller, asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(told(caller, run_id)) for told in (told_by_socket, told_by_stream)]
        while not (await subscribed(run_id)) >= 1:
            await asyncio.sleep(0.01)
        for kind in ("step.token", "step.progress"):
            volatile = {
                "run_id": run_id,
                "seq": None,
                "kind": kind,
                "data": {"text": PRIVATE, "fraction": 0.5},
            }
            await live.publish_texts([(run_id, orjson.dumps(volatile))])
        await note(world, run_id, "event.emitted", {"topic": PRIVATE, "data": {"x": PRIVATE}})
        await note(world, run_id, "step.failed", {"port": "out", "ms": 1.5, "error": ERROR})
        await note(world, run_id, "run.failed", {"error": ERROR | {"node_id": "start", "path": ""}})
    for events in (reader.result() for reader in readers):
        rows = [event for event in events if event["seq"]]
        assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
        assert (PRIVATE in str(events)) == (role in READERS)
        if role not in READERS:
            hidden = {"code": "invalid", "message": redaction.HIDDEN}
            told = [row["data"] for row in rows]
            assert told[:3] == [{"count": 1}, {"approval_id": "apr_1"}, {}]
            assert told[3:] == [
                {"port": "out", "ms": 1.5, "error": hidden},
                {"error": hidden | {"node_id": "start", "path": ""}},
            ]


async def subscribed(run_id: str) -> int:
    found: Any = await redis.client().pubsub_numsub(live.channel(run_id))
    return found[0][1]


@pytest.mark.parametrize("role", ROLES)
async def test_runs_and_steps_say_that_their_values_are_hidden(house: None, role: Role) -> None:
    world = await made.world()
    run_id = await made.run(world, "failed", input={"x": PRIVATE}, output={"x": PRIVATE}, error=ERROR)
    by = (await people.person(world.by.team_id, role)).by
    async with db.database().reading() as session:
        run = await service.get(session, by, run_id)
        listed = (await service.list_(session, by, Filter())).items[0]
        last = (await service.last_of(session, by, [world.workflow_id]))[world.workflow_id]
    reads = role in READERS
    assert [one.redacted for one in (run, listed, last)] == [not reads] * 3
    assert (run.input, run.output) == (({"x": PRIVATE},) * 2 if reads else (None, None))
    for one in (run, listed, last):
        assert one.error == (ERROR if reads else {"code": "invalid", "message": redaction.HIDDEN})


async def as_seen(by: Principal, approval_id: str) -> ApprovalPublic:
    async with db.database().reading() as session:
        shown = await approvals.get(session, by, approval_id)
        [listed] = (await approvals.page(session, by, only_open=False)).items
        assert listed == type(listed).model_validate(shown.model_dump(include=set(type(listed).model_fields)))
    return shown


async def test_a_question_is_read_by_who_may_decide_it_or_read_payloads(house: None) -> None:
    """Also once it is decided: neither what was asked nor what was answered."""
    world = await made.world()
    run_id = await made.run(world, "waiting_person")
    question = Question(title=PRIVATE, message=PRIVATE, proposal={"x": PRIVATE}, exclude_requester=True)
    async with db.database().transaction() as session:
        asked = (await approvals.request(session, run_id, StepId("start"), question)).id
    cast = {role: (await people.person(world.by.team_id, role)).by for role in ROLES}
    starter = Principal(world.by.team_id, world.by.account_id, "Ada", ("approver",), "session")
    for decided in (False, True):
        if decided:
            seen = await as_seen(cast["approver"], asked)
            async with db.database().transaction() as session:
                await approvals.decide(
                    session, cast["approver"], asked, verdict="approved", comment=PRIVATE,
                    arguments_hash=seen.arguments_hash, values={"x": PRIVATE},
                )  # fmt: skip
        for role, by in cast.items():
            shown = await as_seen(by, asked)
            assert shown.redacted == (role == "viewer")
            assert (PRIVATE in shown.model_dump_json()) == (role != "viewer")
        own = await as_seen(starter, asked)
        assert own.redacted
        assert PRIVATE not in own.model_dump_json()
        assert (own.arguments_hash, own.message) == ("", redaction.HIDDEN)


async def test_whose_role_changes_is_cut_off_and_comes_back_to_see_less(world: made.World, port: int) -> None:
    ada = await people.person(world.by.team_id, "operator", "viewer")
    run_id = await made.run(world)
    await note(world, run_id, "event.emitted", {"data": PRIVATE})
    async with calling(port, ada.by) as caller, asyncio.timeout(60):
        async with caller.socket(f"/runs/{run_id}/events") as socket:
            assert PRIVATE in str(await socket.recv())
            await people.change_roles(ada, "viewer")
            with suppress(ConnectionClosed):
                async for text in socket:
                    assert PRIVATE not in str(text)
            assert socket.close_code == 1012
        async with caller.socket(f"/runs/{run_id}/events") as socket:
            assert orjson.loads(await socket.recv())["data"] == {}
        answer: httpx2.Response = await caller.http.get(f"/runs/{run_id}/events")
        assert PRIVATE not in answer.text
