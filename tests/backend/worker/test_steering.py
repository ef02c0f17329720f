"""Runs that a worker holds are paused, resumed and cancelled; a worker that leaves hands them over."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from backend.approvals import service as approvals
from backend.core import db
from backend.core.errors import Invalid
from backend.identity.principal import Principal
from backend.runs import service
from backend.runs.schemas import RunPublic
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.runs import made
from tests.backend.worker.house import House, check_invariants, events
from tests.http_server import Answer, Asked, Server, json_answer, serving

pytestmark = [pytest.mark.db, pytest.mark.redis]


def slow(length: int = 8) -> Diagram:
    """A chain of short waits, so that there is always a step to come."""
    each = {"by": "duration", "duration": 0.4}
    waits = [Node(id=f"wait_{n}", kind="wait", config=each) for n in range(length)]
    return made.chain(Node(id="start", kind="start"), *waits, Node(id="output", kind="output"))


async def steer(
    verb: Callable[[db.Session, Principal, str], Awaitable[RunPublic]], world: made.World, run_id: str
) -> None:
    async with db.database().transaction() as session:
        await verb(session, world.by, run_id)


async def test_a_live_run_is_paused_resumed_and_cancelled(house: House) -> None:
    world = await made.world(slow(500))
    house.worker()
    run_id = await house.start(world)
    await house.until(run_id, lambda run: run.last_seq > 5)
    await steer(service.pause, world, run_id)
    paused = await house.until(run_id, lambda run: run.status == "paused")
    await asyncio.sleep(1)
    assert (await made.state(run_id)).last_seq == paused.last_seq
    await steer(service.resume, world, run_id)
    await house.until(run_id, lambda run: run.last_seq > paused.last_seq + 3)
    await steer(service.cancel, world, run_id)
    run = await house.until(run_id, lambda run: run.status == "cancelled")
    await check_invariants([run])


async def test_R20_a_run_is_terminated_with_a_note_whoever_plays_it(house: House) -> None:
    world = await made.world(slow(500))
    house.worker()
    run_id = await house.start(world)
    await house.until(run_id, lambda run: run.last_seq > 5)
    async with db.database().transaction() as session:
        with pytest.raises(Invalid, match="note"):
            await service.terminate(session, world.by, run_id, " ")
    async with db.database().transaction() as session:
        ended = await service.terminate(session, world.by, run_id, "Wrong customer")
    assert ended.status == "cancelled"
    next_one = await house.start(await made.published(world.by, slow(2), "next"))
    run = await house.ended(next_one)
    assert run.status == "succeeded", "the worker goes on with others"
    told = (await events(await made.state(run_id)))[-1]
    assert (told.kind, told.data["note"], told.seq) == ("run.cancelled", "Wrong customer", ended.last_seq)


def asking(server: Server) -> Diagram:
    """Asks again and again until the answer is that it was enough."""
    again = Node(id="again", kind="loop", config={"until": "previous.body.enough", "max_iterations": 1000})
    ask = Node(id="ask", kind="http_request", parent="again", config={"url": server.url})
    wires = (Wire(source="start", target="again"), Wire(source="again", target="output"))
    ends = (Node(id="start", kind="start"), Node(id="output", kind="output"))
    return Diagram(name="Asking", nodes=(*ends, again, ask), wires=wires)


async def test_a_worker_that_leaves_hands_its_runs_over(house: House, loopback_allowed: None) -> None:
    enough = False

    def answer(_: Asked) -> Answer:
        said = json_answer({"enough": enough})
        said.delay = 0.2
        return said

    async with serving(answer) as server:
        world = await made.world(asking(server))
        first = house.worker()
        run_id = await house.start(world)
        await house.until(run_id, lambda run: run.last_seq > 5)
        assert await house.stop(first) == 0
        rested = await made.state(run_id)
        assert (rested.status, rested.worker_id) == ("queued", None)
        enough = True
        house.worker()
        run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    assert "run.resumed" in [e.kind for e in await events(run)]
    await check_invariants([run])


async def test_a_full_worker_leaves_as_soon_as_any(house: House) -> None:
    world = await made.world(slow(500))
    full = house.worker(QUADRILLE_WORKER_CONCURRENCY="1")
    run_id = await house.start(world)
    await house.until(run_id, lambda run: run.last_seq > 5)
    assert await house.stop(full) == 0, "it was killed, for it waited for room instead of making some"
    rested = await made.state(run_id)
    assert (rested.status, rested.worker_id) == ("queued", None)


async def test_two_workers_share_the_load(house: House) -> None:
    world = await made.world(slow(500))
    for _ in range(2):
        house.worker(QUADRILLE_WORKER_CONCURRENCY="3")
    runs = [await house.start(world) for _ in range(6)]
    holders: set[str | None] = set()
    async with asyncio.timeout(60):
        while len(holders - {None}) < 2:
            holders |= {(await made.state(run_id)).worker_id for run_id in runs}
            await asyncio.sleep(0.05)
    for run_id in runs:
        await steer(service.cancel, world, run_id)
    await check_invariants([await house.until(one, lambda run: run.status == "cancelled") for one in runs])


async def test_a_question_outlives_every_process(house: House) -> None:
    """R43: a restart between request and decision loses nothing."""
    ask = Node(id="ask", kind="human_approval", config={"title": "Well?"})
    world = await made.world(made.chain(Node(id="start", kind="start"), ask))
    first = house.worker()
    run_id = await house.start(world)
    await house.until(run_id, lambda run: run.status == "waiting_person")
    house.kill(first)
    async with db.database().transaction() as session:
        asked = (await approvals.open_for(session, world.by))[0]
        await approvals.decide(
            session, world.by, asked.id, verdict="approved", arguments_hash=asked.arguments_hash
        )
    house.worker()
    run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    await check_invariants([run])
