"""A run that went out as a file and came in again is replayed with what was recorded, and is never played otherwise."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from backend.core import db
from backend.runs import exporting, importing, signals
from backend.runs.models import Run
from backend.runs.schemas import SendSignal
from backend.runs.states import WrongState
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, outputs, text
from tests.backend.runs.test_replay import close_everything, server, stage, whole
from tests.http_server import Server
from tests.servers import ROOT

pytestmark = pytest.mark.db
__all__ = ["server", "stage"]
SCHEMA = ROOT / "docs" / "history.schema.json"


async def exported(stage: Stage, run: Run) -> bytes:
    return b"".join([piece async for piece in await exporting.file(stage.by, run.id)])


async def imported(stage: Stage, file: bytes) -> Run:
    async with db.database().transaction() as session:
        found = await importing.import_(session, stage.by, file)
    return await made.state(found.id)


async def test_an_imported_run_is_replayed_as_it_was(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await whole(stage, server)
    file = await exported(stage, run)
    assert {one["kind"] for one in orjson.loads(file)["effects"]} == {"http", "code", "clock", "chat", "ask"}
    Draft202012Validator(orjson.loads(SCHEMA.read_bytes())).validate(orjson.loads(file))
    copy = await imported(stage, file)
    again = orjson.loads(await exported(stage, copy))
    assert again["effects"] == orjson.loads(file)["effects"]
    asked = len(server.asked)
    close_everything(monkeypatch)
    replayed = await stage.replay(copy)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert await outputs(replayed) == await outputs(run)
    assert f" {run.id}" in (await outputs(replayed))["when"]["at"], "it knows itself under the name of then"
    assert len(server.asked) == asked


async def test_nothing_of_an_imported_run_goes_out(stage: Stage, server: Server) -> None:
    run = await whole(stage, server)
    copy = await imported(stage, await exported(stage, run))
    replayed = await stage.replay(copy)
    for one in (copy, replayed):
        with pytest.raises(WrongState, match="cannot be played live"):
            await stage.replay(one, modes={"post": {"mode": "live"}})
        with pytest.raises(WrongState, match="never played"):
            await stage.fork(one, **{"from": {"node_id": "post"}})
        with pytest.raises(WrongState, match="never played"):
            await stage.retry(one, from_start=True)
    mocked = await stage.replay(copy, modes={"post": {"mode": "mocked", "output": "mock"}})
    assert (await outputs(mocked))["post"] == "mock"


async def test_a_fork_keeps_its_mocks_and_edits_in_the_file(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await whole(stage, server)
    mocks = {"ask": {"mode": "mocked", "output": {"text": "mock"}}}
    recorded: dict[str, Any] = {"mode": "recorded", "modes": mocks}
    fork = await stage.fork(run, edits=[{"node_id": "lots", "output": 5}], **recorded)
    assert fork.status == "succeeded", fork.error
    copy = await imported(stage, await exported(stage, fork))
    close_everything(monkeypatch)
    replayed = await stage.replay(copy)
    assert (replayed.status, replayed.output) == ("succeeded", fork.output)
    found = await outputs(replayed)
    assert (found["lots"], found["ask"]) == (5, {"text": "mock"})


async def test_the_events_of_an_imported_machine_come_again(stage: Stage) -> None:
    nodes = [
        Node(id="m", kind="state_machine"),
        Node(id="idle", kind="state", parent="m",
             config={"initial": True, "transitions": [{"name": "go", "event": "go"}]}),
        Node(id="over", kind="state", parent="m", config={"final": True}),
        text("end", "{{ event.data.n }}", parent="over"),
    ]  # fmt: skip
    diagram: Diagram = drawn(nodes, "start>m", "m>output", "idle.go>over")
    run = await stage.start(diagram)
    async with db.database().transaction() as session:
        await signals.send(session, stage.by, run.id, SendSignal(name="go", payload={"n": 7}))
    run = await stage.play(run.id)
    assert run.status == "succeeded", run.error
    replayed = await stage.replay(await imported(stage, await exported(stage, run)))
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert (await outputs(replayed))["m:0/over:0/end"] == {"text": 7}
