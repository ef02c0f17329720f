"""kill -9 while a run is paused, while it is resumed, and while a fork of it is played: nothing is lost, nothing done twice."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from backend.core import db, failpoints, ids
from backend.runs import service, starting
from backend.runs.models import Run
from backend.worker import orphans, repository
from backend.workflows.diagram import Diagram
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, outputs, staged
from tests.chaos import steering
from tests.chaos import world as chaos
from tests.http_server import Answer, Asked, Server, json_answer, serving
from tests.servers import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.at_merge("sqlite")]
PAUSING = (*failpoints.STEERED, "writer.written")
RESUMING = ("run.begun", "step.record", "writer.committed", "run.end")
FORKING = ("step.played", "writer.written", "run.end")


class Effects:
    """Counts effects by their keys; what asks `b_0` is held until it is let go."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.held, self.go = asyncio.Event(), asyncio.Event()

    def answer(self, asked: Asked) -> Answer:
        self.keys.append(asked.headers["idempotency-key"])
        if not asked.path.endswith("b_0"):
            return json_answer({"asked": asked.path})
        self.held.set()
        return Answer(200, b'"held"', {"content-type": "application/json"}, until=self.go)

    def of(self, run: Run) -> Counter[str]:
        """How often each node of the run asked, by its id."""
        return Counter(key.split(":")[-2] for key in self.keys if key.startswith(run.id))


def region(server: Server) -> Diagram:
    """Two branches that ask twice, beside each other."""
    nodes = [chaos.request(name, server) for name in ("a_0", "a_1", "b_0", "b_1")]
    return drawn(nodes, "start>a_0", "a_0>a_1", "a_1>output", "start>b_0", "b_0>b_1", "b_1>output")


class Mortals:
    """Forked one after the other, each with one run to play."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.chaos.steering"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    async def play(self, *words: str) -> None:
        """Let one play; it must die where it was told to."""
        self._tell(words)
        await self.died(words[0])

    async def pause(self, *words: str) -> None:
        """Let one play until it is paused; it goes on to its death."""
        self._tell(words)
        assert await self._said() == "paused"

    async def died(self, place: str) -> None:
        """Wait for the end."""
        assert await self._said() == str(failpoints.DIED), place

    def _tell(self, words: tuple[str, ...]) -> None:
        assert self.process.stdin
        told = {name: value for name, value in os.environ.items() if name.startswith("QUADRILLE_")}
        self.process.stdin.write(json.dumps([told, *words]).encode() + b"\n")
        self.process.stdin.flush()

    async def _said(self) -> str:
        assert self.process.stdout
        async with asyncio.timeout(120):
            return (await asyncio.to_thread(self.process.stdout.readline)).decode().strip()

    def close(self) -> None:
        """The one that waits for its line ends with its input."""
        self.process.communicate(timeout=240)


@pytest.fixture
async def stage(database: db.Database, loopback_allowed: None) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


@pytest.fixture(scope="module")
def mortals() -> Iterator[Mortals]:
    found = Mortals()
    yield found
    found.close()


async def started(stage: Stage, diagram: Diagram) -> Run:
    """A run that nobody plays yet."""
    world = await made.published(stage.by, diagram, ids.new("wf"))
    async with db.database().transaction() as session:
        found = await starting.start(session, stage.by, workflow_id=world.workflow_id, input={})
    return await made.state(found.id)


async def taken_over(stage: Stage, run: Run) -> Run:
    """As the next worker finds it, once the dead one is known to be dead."""
    async with db.database().transaction() as session:
        await repository.remove(session, [await made.worker()])
    await orphans.requeue_all()
    run = await made.state(run.id)
    return await stage.play(run.id) if run.status == "queued" else run


async def resumed(stage: Stage, run: Run) -> None:
    async with db.database().transaction() as session:
        await service.resume(session, stage.by, run.id)


async def check(run: Run, effects: Effects, again: set[str]) -> None:
    """It ended right, once, and only what was in flight was asked for twice, under the same key."""
    assert run.status == "succeeded", run.error
    assert {"a_0", "a_1", "b_0", "b_1"} <= (await outputs(run)).keys()
    ends = Counter((e.node_id, e.path) for e in await events(run) if e.kind == "step.succeeded")
    assert set(ends.values()) == {1}
    assert (await events(run))[-1].kind == "run.succeeded"
    twice = {node for node, times in effects.of(run).items() if times > 1}
    assert twice <= again
    assert max(effects.of(run).values()) <= 2


async def test_a_worker_dies_while_a_run_is_paused(stage: Stage, mortals: Mortals) -> None:
    for place in PAUSING:
        effects = Effects()
        async with serving(effects.answer) as server:
            run = await started(stage, region(server))
            await mortals.pause(place, run.id, "b_0")
            effects.go.set()
            await mortals.died(place)
            run = await taken_over(stage, run)
            assert run.status == "paused", place
            assert effects.of(run)["b_1"] == 0, "no step begins in a paused run"
            assert [e.kind for e in await events(run)].count("run.paused") == 1
            await resumed(stage, run)
            await check(await stage.play(run.id), effects, {"a_0", "a_1", "b_0"})


async def test_a_worker_dies_while_a_run_is_resumed(stage: Stage, mortals: Mortals) -> None:
    for place in RESUMING:
        effects = Effects()
        async with serving(effects.answer) as server:
            run = await started(stage, region(server))
            playing = asyncio.create_task(stage.play(run.id))
            await asyncio.wait_for(effects.held.wait(), 60)
            await steering.pause(stage, run.id)
            effects.go.set()
            run = await playing
            assert run.status == "paused", place
            done = set(await outputs(run))
            await resumed(stage, run)
            await mortals.play(place, run.id)
            run = await taken_over(stage, run)
            await check(run, effects, {"a_0", "a_1", "b_1"} - done)


async def test_a_worker_dies_over_a_fork_inside_a_parallel_region(stage: Stage, mortals: Mortals) -> None:
    effects = Effects()
    effects.go.set()
    async with serving(effects.answer) as server:
        source = await stage.start(region(server))
        assert source.status == "succeeded", source.error
        for place in FORKING:
            fork = await stage.forked(source, **{"from": {"node_id": "b_0"}})
            await mortals.play(place, fork.id)
            run = await taken_over(stage, await made.state(fork.id))
            asked = effects.of(run)
            assert {"a_0", "a_1"}.isdisjoint(asked), "what stands is not asked for again"
            assert asked.keys() == {"b_0", "b_1"}
            await check(run, effects, {"b_0", "b_1"})
            kept = [
                e.node_id for e in await events(run) if e.data.get("kept_from") and e.kind == "step.succeeded"
            ]
            assert {"a_0", "a_1"} <= set(kept)
    assert set(effects.of(source).values()) == {1}
