"""C-13, C-14, C-15: many people at one run: slow readers, a storm of reconnects, and everybody deciding at once (I5, P6, P7)."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import httpx2
import orjson
import psutil
import pytest
from sqlalchemy import update
from sqlmodel import col, select
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from backend.approvals.models import Approval, Decision
from backend.core import clock, db, once
from backend.identity import keys
from backend.identity.principal import Principal
from backend.runs import history, live
from backend.runs.models import Run, RunEvent
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.worker.house import House, check_invariants, events, steps
from tests.chaos.sizes import Size
from tests.chaos.test_web_kills import Web
from tests.servers import wait_for_port

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]
GONE = (ConnectionClosed, InvalidMessage, OSError, EOFError, TimeoutError)
MOST_GROWTH = 50_000_000
PADDING = "x" * 2000


@pytest.fixture
def web(house: House) -> Iterator[Web]:
    served = Web(house.folder)
    yield served
    served.kill()


async def up(web: Web) -> None:
    web.start()
    await asyncio.to_thread(wait_for_port, web.port)


async def key_of(by: Principal) -> str:
    async with db.database().transaction() as session:
        return (await keys.create(session, by, name="crowd", roles=by.roles))[1]


async def write(world: made.World, run_id: str, count: int, *, begins: int, ends: bool = False) -> None:
    """So many rows in one transaction as the engine's writer makes them, and then what the watchers are told."""
    rows = [
        RunEvent(
            run_id=run_id,
            seq=begins + n,
            team_id=world.by.team_id,
            at=clock.now(),
            kind="run.succeeded" if ends and n == count - 1 else "event.emitted",
            data={"n": begins + n, "padding": PADDING},
        )
        for n in range(count)
    ]
    async with db.database().transaction() as session:
        numbered = update(Run).where(col(Run.id) == run_id).values(last_seq=begins + count - 1)
        await session.exec(numbered)
        await once.insert_new(session, RunEvent, [row.model_dump() for row in rows])
    await live.publish([history.public(row) for row in rows])


@asynccontextmanager
async def watching(web: Web, key: str, run_id: str, after: int = 0) -> AsyncIterator[ClientConnection]:
    address = f"ws://127.0.0.1:{web.port}/api/v1/runs/{run_id}/events?after={after}"
    headers = {"Authorization": f"Bearer {key}"}
    async with connect(address, additional_headers=headers, max_queue=1, open_timeout=120) as socket:
        yield socket


@pytest.mark.at_merge("sqlite")
async def test_c13_slow_readers_cost_nobody_anything(house: House, web: Web, seed: int, size: Size) -> None:
    """They do not read at all while the run goes on: the process keeps its memory, others see all, they catch up later."""
    world = await made.world()
    run_id, key, turns = await made.run(world), await key_of(world.by), 80
    last = turns * 100
    await up(web)
    assert web.process
    resyncs = 0

    async def read_all(socket: ClientConnection) -> list[int]:
        nonlocal resyncs
        seen: list[int] = []
        async for text in socket:
            event = orjson.loads(text)
            resyncs += event["kind"] == "resync"
            if event.get("seq") and event["kind"] != "resync":
                seen.append(event["seq"])
            if event["kind"] == "run.succeeded":
                return seen
        raise AssertionError("the server closed the stream")

    async with asyncio.TaskGroup() as tasks:
        slow = [watching(web, key, run_id) for _ in range(size.slow_readers)]
        sockets = [await one.__aenter__() for one in slow]
        memory = psutil.Process(web.process.pid).memory_info
        before = memory().rss
        async with watching(web, key, run_id) as quick:
            reading = tasks.create_task(read_all(quick))
            for turn in range(turns):
                await write(world, run_id, 100, begins=turn * 100 + 1, ends=turn == turns - 1)
            assert await asyncio.wait_for(reading, 120) == list(range(1, last + 1))
        grown = memory().rss - before
        late = [tasks.create_task(read_all(socket)) for socket in sockets]
        for task in late:
            assert await asyncio.wait_for(task, 120) == list(range(1, last + 1))
    for one in slow:
        await one.__aexit__(None, None, None)
    print(f"{size.slow_readers} slow readers, {last} events, {resyncs} resyncs, {grown / 1e6:.1f} MB more")
    assert grown < MOST_GROWTH


def numbers(text: str | bytes) -> list[int]:
    """The number of an event; none where the server says that rows follow."""
    event = orjson.loads(text)
    return [event["seq"]] if event["seq"] and event["kind"] != "resync" else []


@pytest.mark.at_merge("postgresql")
async def test_c14_a_storm_of_reconnects_loses_and_repeats_nothing(
    house: House, web: Web, seed: int, size: Size
) -> None:
    world = await made.world()
    run_id, key, turns = await made.run(world), await key_of(world.by), 40
    chance, connections = random.Random(seed), Counter[str]()
    await up(web)

    async def reader() -> list[int]:
        seen: list[int] = []
        while not (seen and seen[-1] == turns * 5):
            with suppress(*GONE):
                async with watching(web, key, run_id, seen[-1] if seen else 0) as socket:
                    connections["opened"] += 1
                    for _ in range(min(chance.randrange(1, 40), turns * 5 - len(seen))):
                        seen += numbers(await socket.recv())
            await asyncio.sleep(chance.uniform(0, 0.05))
        return seen

    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(reader()) for _ in range(size.storm)]
        for turn in range(turns):
            await write(world, run_id, 5, begins=turn * 5 + 1, ends=turn == turns - 1)
            if turn == chance.randrange(10, 30) or turn == turns // 2:
                web.kill()
                await asyncio.sleep(0.05)
                await up(web)
            await asyncio.sleep(chance.uniform(0, 0.05))
        async with asyncio.timeout(180):
            for task in readers:
                assert await task == list(range(1, turns * 5 + 1))
    print(f"{size.storm} readers, {connections['opened']} connections")


TWO = Diagram(
    name="Two questions",
    nodes=(
        Node(id="start", kind="start"),
        *(Node(id=name, kind="human_approval", config={"title": f"{name}?"}) for name in ("left", "right")),
        Node(id="join", kind="join"),
        Node(id="output", kind="output"),
    ),
    wires=(
        *(Wire(source="start", target=name) for name in ("left", "right")),
        *(
            Wire(source=name, source_port=port, target="join")
            for name in ("left", "right")
            for port in ("approved", "rejected")
        ),
        Wire(source="join", target="output"),
    ),
)


async def test_c15_a_hundred_clicks_at_once_and_a_kill_between_click_and_resume(
    house: House, web: Web, seed: int, size: Size
) -> None:
    """Two questions of one run are clicked at once by twenty people, while the web dies and no worker lives."""
    chance, world = random.Random(seed), await made.world(TWO)
    team_id = world.by.team_id
    crowd = [(await people.person(team_id, "operator", "approver", name=f"P{n}")).by for n in range(20)]
    tokens = [await key_of(by) for by in crowd]
    worker = house.worker()
    run_id = await house.start(world, {})
    await house.until(run_id, lambda run: run.status == "waiting_person")
    house.kill(worker)
    async with db.database().reading() as session:
        asked = {one.node_id: one for one in (await session.exec(select(Approval))).all()}
    await up(web)
    won: dict[str, list[str]] = {"left": [], "right": []}

    async def click(http: httpx2.AsyncClient, number: int) -> None:
        node = "left" if number % 2 else "right"
        verdict = chance.choice(("approved", "rejected"))
        url = f"http://127.0.0.1:{web.port}/api/v1/approvals/{asked[node].id}/decision"
        body = {"verdict": verdict, "arguments_hash": asked[node].arguments_hash}
        headers = {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}
        while True:
            try:
                answer = await http.post(url, json=body, headers=headers)
            except httpx2.TransportError:  # the web is dead: people click again
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 503:  # so many at once, and it says so: people click again
                continue
            assert answer.status_code in (200, 409), answer.text
            if answer.status_code == 200:
                won[node].append(verdict)
            return

    async with (
        httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_connections=100)) as http,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(size.clicks):
            tasks.create_task(click(http, number))
        await asyncio.sleep(chance.uniform(0, 0.3))
        web.kill()
        await up(web)
    house.worker()
    run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    await check_invariants([run])
    async with db.database().reading() as session:
        decisions = {one.approval_id: one for one in (await session.exec(select(Decision))).all()}
    left_by = {step.node_id: step.port for step in await steps(run)}
    decided = Counter(event.node_id for event in await events(run) if event.kind == "approval.decided")
    for node, approval in asked.items():
        assert len(won[node]) <= 1, "two people were told that they had decided"
        assert won[node] in ([], [decisions[approval.id].verdict]), "told what is not stored"
        assert decided[node] == 1
        assert left_by[node] == decisions[approval.id].verdict
    print(f"{size.clicks} clicks of {len(crowd)} people; told of their win: {won}")
