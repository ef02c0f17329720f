"""Replays and forks of runs that call other workflows: recorded, too, and each node chosen by its place, not by its id."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.runs.forking import NotForkable
from backend.runs.models import Run
from backend.worker import children
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, outputs, staged
from tests.backend.runs.test_replay import close_everything
from tests.http_server import Asked, Server, json_answer, serving

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database, loopback_allowed: None) -> AsyncIterator[Stage]:
    async with staged(children=children.Children()) as found:
        yield found


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    times: list[Asked] = []

    def answer(asked: Asked) -> Any:
        times.append(asked)
        return json_answer({"path": asked.path, "times": len(times)})

    async with serving(answer) as found:
        yield found


def ask(server: Server, path: str) -> Node:
    return Node(id="ask", kind="http_request", name="Ask", config={"url": server.url + path})


async def calling(stage: Stage, server: Server, mode: str) -> Diagram:
    """Asks, and calls a workflow that asks; both nodes have the id `ask`."""
    await made.published(stage.by, drawn([ask(server, "/inner")], "start>ask", "ask>output"), "other")
    call = Node(id="call", kind="sub_workflow", name="Call", config={"workflow": "other", "mode": mode})
    return drawn([ask(server, "/outer"), call], "start>ask", "ask>call", "call>output")


def paths(server: Server) -> list[str]:
    """What was asked since the last look."""
    found = [asked.path for asked in server.asked]
    server.asked.clear()
    return found


async def test_a_workflow_that_is_played_inside_is_replayed(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await stage.start(await calling(stage, server, "inside"), slug="outer")
    assert run.status == "succeeded", run.error
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert await outputs(replayed) == await outputs(run)
    assert paths(server) == ["/outer", "/inner"]


async def test_a_workflow_that_is_a_run_of_its_own_is_not_started_again(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def made_by(run: Run) -> list[Run]:
        async with db.database().reading() as session:
            return list((await session.exec(select(Run).where(col(Run.parent_run_id) == run.id))).all())

    run = await stage.start(await calling(stage, server, "own_run"), slug="outer")
    (child,) = await made_by(run)
    await stage.play(child.id)
    await children.tell(child.id)
    run = await stage.play(run.id)
    assert (run.status, run.output) == ("succeeded", (await made.state(child.id)).output)
    close_everything(monkeypatch)
    replayed = await stage.replay(run)
    assert (replayed.status, replayed.diverged, replayed.output) == ("succeeded", None, run.output)
    assert await made_by(replayed) == []


async def test_two_nodes_of_one_id_are_chosen_by_their_places(stage: Stage, server: Server) -> None:
    run = await stage.start(await calling(stage, server, "inside"), slug="outer")
    paths(server)
    live = {"mode": "live"}
    for modes, asked in (
        ({"ask": live}, ["/outer"]),
        ({"call/ask": live}, ["/inner"]),
        ({"call": live}, ["/inner"]),
        ({"call": live, "call/ask": {"mode": "recorded"}}, []),
    ):
        replayed = await stage.replay(run, modes=modes)
        assert (replayed.status, paths(server)) == ("succeeded", asked), (modes, replayed.error)
    mocked = {"call/ask": {"mode": "mocked", "output": {"body": "mock"}}}
    fork = await stage.fork(run, modes=mocked, **{"from": {"node_id": "ask"}})
    found = await outputs(fork)
    assert (found["call:sub/ask"], paths(server)) == ({"body": "mock"}, ["/outer"])
    assert found["ask"]["body"]["path"] == "/outer"
    again = await stage.replay(fork)
    assert ((await outputs(again))["call:sub/ask"], again.diverged) == ({"body": "mock"}, None)


async def test_a_plan_names_what_is_done_inside(stage: Stage, server: Server) -> None:
    run = await stage.start(await calling(stage, server, "inside"), slug="outer")
    whole = await stage.plan(run, **{"from": {"node_id": "ask"}})
    told = {one.node_id: (one.name, one.again, one.mode) for one in whole.side_effects}
    assert told["call/ask"] == ("Call / Ask", 1, "live")
    assert told["ask"] == ("Ask", 1, "live")
    assert "Call / Ask" in whole.statement
    quiet = {"call/ask": {"mode": "recorded"}, "ask": {"mode": "recorded"}}
    plan = await stage.plan(run, modes=quiet, **{"from": {"node_id": "ask"}})
    assert "Ask" not in plan.statement
    mocked = await stage.plan(run, modes={"call": {"mode": "mocked"}}, **{"from": {"node_id": "ask"}})
    assert "call/ask" not in {one.node_id for one in mocked.side_effects}


async def test_a_place_that_does_not_exist_is_named(stage: Stage, server: Server) -> None:
    run = await stage.start(await calling(stage, server, "inside"), slug="outer")
    for key in ("call/nobody", "ask/ask", "nobody"):
        with pytest.raises(NotForkable, match=f"no node {key} to choose"):
            await stage.replay(run, modes={key: {"mode": "live"}})
