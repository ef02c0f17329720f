"""A replay cuts what was cut, and only that: neither its quick answers nor a slow machine change anything."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from backend.core import db
from backend.engine import recording, remembered
from backend.engine.limits import Limit
from backend.engine.visit import Visit
from backend.runs.models import Run
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.runs.clockwork import Hands
from tests.backend.runs.stage import Stage, drawn, ended, staged, text, until_ended
from tests.http_server import Answer, Asked, Server, serving

pytestmark = pytest.mark.db
Slow = Callable[[float], None]


@pytest.fixture
async def stage(database: db.Database, loopback_allowed: None) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Never answers under /slow."""
    never = asyncio.Event()

    def answer(asked: Asked) -> Answer:
        return Answer(200, b"fine", until=never if asked.path.startswith("/slow") else None)

    async with serving(answer) as found:
        yield found


@pytest.fixture
def slow_reads(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Let each recorded answer take so many seconds from now on."""

    def slow(seconds: float) -> None:
        read = remembered.recorded

        async def slowly(*args: Any, **more: Any) -> Any:
            await asyncio.sleep(seconds)
            return await read(*args, **more)

        monkeypatch.setattr(remembered, "recorded", slowly)

    return slow


def call(node_id: str, server: Server, path: str = "", **more: Any) -> Node:
    config = {"url": f"{server.url}{path or '/' + node_id}"}
    return Node(id=node_id, kind="http_request", config=config, **more)


def rows(items: str, concurrency: int = 4, **more: Any) -> Node:
    return Node(id="rows", kind="map_list", config={"items": items, "concurrency": concurrency}, **more)


async def asked(server: Server, path: str) -> None:
    async with asyncio.timeout(60):
        while not any(one.path == path for one in server.asked):
            await asyncio.sleep(0.02)


async def replayed_alike(stage: Stage, run: Run) -> None:
    """Replay it, and that again; both do what it did and nothing else."""
    for _ in range(2):
        replayed = await stage.replay(run)
        assert replayed.diverged is None
        assert (replayed.status, replayed.output, replayed.error) == (run.status, run.output, run.error)
        assert await ended(replayed) == await ended(run)
        run = replayed


async def stopped_and_taken_up_alike(stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker leaves in the middle of a replay, before `third` has its answers, and the next one ends it."""
    read, may_go_on = remembered.recorded, asyncio.Event()

    async def held(*args: Any, **more: Any) -> Any:
        if args[3].node_id == "third":
            await may_go_on.wait()
        return await read(*args, **more)

    monkeypatch.setattr(remembered, "recorded", held)
    begun = await stage.replayed(run)
    playing = asyncio.create_task(stage.outcome(begun.id))
    async with asyncio.timeout(60):
        while ("then", "rows:1") not in await ended(await made.state(begun.id)):
            await asyncio.sleep(0.01)
    assert stage.engine.stop(begun.id, "drain")
    may_go_on.set()
    assert (await playing).status == "drained"
    assert len(await ended(await made.state(begun.id))) < len(await ended(run))
    replayed = await stage.play(begun.id)
    assert (replayed.status, replayed.output, replayed.diverged) == (run.status, run.output, None)
    assert await ended(replayed) == await ended(run)


async def test_nothing_is_late_in_a_replay_on_a_slow_machine(
    stage: Stage, server: Server, slow_reads: Slow
) -> None:
    def patient(seconds: float | None) -> Diagram:
        inner = [call(name, server, parent="rows", timeout_seconds=seconds) for name in ("one", "two")]
        return drawn(
            [rows("[1, 2]", timeout_seconds=seconds), *inner], "start>rows", "one>two", "rows>output"
        )

    run = await stage.start(patient(None))
    assert run.status == "succeeded", run.error
    slow_reads(0.3)
    replayed = await stage.replay(run, version=await stage.version(run, patient(0.1)))
    assert (replayed.status, replayed.output, replayed.diverged) == ("succeeded", run.output, None)


async def test_what_was_cut_is_cut_after_all_that_ended_before(
    stage: Stage, server: Server, slow_reads: Slow, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = [call("first", server, "/{{ 'slow' if item == 3 else 'quick' }}", parent="rows")]
    inner += [call(name, server, parent="rows") for name in ("then", "third")]
    nodes = [
        rows("[3, 1, 2]", timeout_seconds=0.1, on_error="route"),
        *inner,
        text("after", "{{ nodes.rows.code }}"),
    ]
    wires = ["start>rows", "first>then", "then>third", "rows.error>after", "after>output"]
    playing = asyncio.create_task(stage.start(drawn(nodes, *wires)))
    await until_ended(("third", "rows:1"), ("third", "rows:2"))
    hands.at += timedelta(seconds=1)
    run = await playing
    assert run.output == {"text": "timeout"}, run.error
    slow_reads(0.05)
    await replayed_alike(stage, run)
    await stopped_and_taken_up_alike(stage, run, monkeypatch)


async def test_a_try_of_a_container_that_was_late_is_late_and_the_next_one_is_not(
    stage: Stage, server: Server, hands: Hands
) -> None:
    again = {"max_attempts": 2, "backoff_seconds": 0}
    inner = [call("first", server, parent="rows"), call("slow", server, parent="rows")]
    nodes = [rows("[1]", timeout_seconds=0.1, retry=again), *inner]
    playing = asyncio.create_task(stage.start(drawn(nodes, "start>rows", "first>slow", "rows>output")))
    await asked(server, "/slow")
    server.answer = lambda asked: Answer(200, b"fine")
    hands.at += timedelta(seconds=1)
    run = await playing
    assert run.status == "succeeded", run.error
    assert ("slow", "rows:0:2") in await ended(run)
    await replayed_alike(stage, run)


async def test_a_container_that_was_late_when_all_in_it_had_ended_is_late_again(
    stage: Stage, server: Server, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(visit: Visit, *rest: Any) -> Any:
        """The limit rings while the database is about to store the last step."""
        if visit.step.path == "rows:0":
            hands.at += timedelta(seconds=1)
            while not all(cast(Limit, limit).over for limit in visit.play.live.limits):
                await asyncio.sleep(0.01)
        return await record(visit, *rest)

    record = recording.record
    again = {"max_attempts": 2, "backoff_seconds": 0}
    nodes = [rows("[1]", timeout_seconds=0.1, retry=again), call("first", server, parent="rows")]
    with monkeypatch.context() as patched:
        patched.setattr(recording, "record", late)
        run = await stage.start(drawn(nodes, "start>rows", "rows>output"))
    assert run.status == "succeeded", run.error
    assert {("first", "rows:0"), ("first", "rows:0:2")} <= set(await ended(run))
    await replayed_alike(stage, run)


async def test_a_container_inside_that_was_late_is_not_taken_for_the_one_around(
    stage: Stage, server: Server, hands: Hands
) -> None:
    inner = Node(
        id="inner",
        kind="map_list",
        config={"items": "[1]"},
        parent="rows",
        timeout_seconds=0.3,
        on_error="route",
    )
    nodes = [rows("[1]", timeout_seconds=0.2, on_error="route"), call("first", server, parent="rows"), inner]
    nodes += [call("slow", server, parent="inner"), text("after", "{{ nodes.rows.code }}")]
    nodes += [text("later", parent="rows"), call("quick", server, parent="inner")]
    wires = [
        "first>inner",
        "quick>slow",
        "inner.error>later",
        "rows.error>after",
        "after>output",
        "start>rows",
    ]
    playing = asyncio.create_task(stage.start(drawn(nodes, *wires)))
    await until_ended(("quick", "rows:0/inner:0"))
    hands.at += timedelta(seconds=0.25)
    run = await playing
    assert run.output == {"text": "timeout"}, run.error
    assert "inner" not in dict(await ended(run))
    shorter = [
        node.model_copy(update={"timeout_seconds": 0.1}) if node.id == "inner" else node for node in nodes
    ]
    replayed = await stage.replay(run, version=await stage.version(run, drawn(shorter, *wires)))
    assert (replayed.output, replayed.diverged) == (run.output, None), "its clock says nothing"
    await replayed_alike(stage, run)


def failing(server: Server, gone: str, beside: str) -> asyncio.Event:
    """Let the server refuse one path, and answer the one beside it only once the event is set."""
    failed = asyncio.Event()

    def answer(asked: Asked) -> Answer:
        if asked.path == gone:
            return Answer(404)
        return Answer(200, b"fine", until=failed if asked.path == beside else None)

    server.answer = answer
    return failed


async def test_what_the_failure_of_a_neighbour_kept_from_beginning_does_not_begin(
    stage: Stage, server: Server, slow_reads: Slow
) -> None:
    failed = failing(server, "/gone", "/beside")
    nodes = [call(name, server) for name in ("one", "two", "gone", "beside", "never")]
    wires = ["start>one", "one>two", "two>gone", "start>beside", "beside>never", "never>output"]
    playing = asyncio.create_task(stage.start(drawn(nodes, *wires)))
    await until_ended(("gone", ""))
    failed.set()
    run = await playing
    assert run.status == "failed"
    assert await ended(run) == [(name, "") for name in ("beside", "gone", "one", "start", "two")]
    slow_reads(0.05)
    await replayed_alike(stage, run)


async def test_an_item_that_the_failure_of_another_kept_from_beginning_does_not_begin(
    stage: Stage, server: Server, slow_reads: Slow
) -> None:
    failed = failing(server, "/last", "/first/0")
    cases = {"value": "'long' if item == 1 else 'short'", "cases": [{"name": "long"}]}
    inner = [call("first", server, "/first/{{ item }}", parent="rows"), call("last", server, parent="rows")]
    inner += [Node(id="way", kind="switch", parent="rows", config=cases), text("done", parent="rows")]
    inner += [call(name, server, parent="rows") for name in ("second", "third")]
    wires = ["first>way", "way.long>second", "second>third", "third>last", "way.else>done", "last>done"]
    nodes = [rows("[0, 1, 2]", concurrency=2), *inner]
    playing = asyncio.create_task(stage.start(drawn(nodes, "start>rows", *wires, "rows>output")))
    await until_ended(("last", "rows:1"))
    failed.set()
    run = await playing
    assert run.status == "failed"
    assert not [path for _, path in await ended(run) if path == "rows:2"]
    slow_reads(0.05)
    await replayed_alike(stage, run)
