"""Everything that `quadrille up` started is killed, one process after the other and at last all at once."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
import pytest
from sqlmodel import col, select

from backend.core import db
from backend.runs.models import Run, Worker
from backend.workflows.diagram import Diagram, Node, Wire
from tests.chaos import standing
from tests.chaos import world as chaos
from tests.chaos.sizes import Size
from tests.chaos.standing import Program
from tests.e2e.instance import Instance
from tests.http_server import Server, serving
from tests.servers import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis, pytest.mark.openvino]
LABELS = [
    {"name": "praise", "description": "somebody is pleased", "examples": ["I love it", "Great work"]},
    {"name": "question", "description": "somebody asks", "examples": ["How does it work?", "Where is it?"]},
]


def whole_life(server: Server) -> Diagram:
    """Requests, a wait, a model, a question, and requests again."""
    before, after = [chaos.request(f"call_{n}", server) for n in range(4)], chaos.request("call_4", server)
    wait = Node(id="wait", kind="wait", config={"by": "duration", "duration": 1})
    classify = Node(id="classify", kind="classify", config={"text": "I love it", "labels": LABELS})
    ask = Node(id="ask", kind="human_approval", config={"title": "Go on?", "expires_after": 3600})
    nodes = [Node(id="start", kind="start"), *before, wait, classify, ask, after]
    row = [n.id for n in nodes[:-2]]
    wires = [Wire(source=a, target=b) for a, b in pairwise(row)]
    wires += [Wire(source="classify", source_port=port, target="ask") for port in ("praise", "question")]
    wires += [Wire(source="classify", source_port="else", target="ask")]
    wires += [Wire(source="ask", source_port="approved", target="call_4")]
    return Diagram(name="A whole life", nodes=tuple(nodes), wires=tuple(wires))


@pytest.fixture
async def instance(database_url: str, tmp_path: Path) -> AsyncIterator[Instance]:
    """A whole Quadrille; whatever is left of it at the end is killed."""
    running = Instance(
        tmp_path / "data",
        QUADRILLE_DATABASE_URL=database_url,
        QUADRILLE_OUTBOUND_ALLOW="127.0.0.1",
        QUADRILLE_LEASE_SECONDS="5",
        QUADRILLE_WORKER_CONCURRENCY="4",
        QUADRILLE_API_RATE_PER_MINUTE="0",  # at night it starts more runs than a program may
    )
    await asyncio.to_thread(running.start)
    yield running
    print(running.output.read_text(errors="replace"))
    await asyncio.to_thread(running.stop)
    for process in of_instance(running):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def of_instance(instance: Instance) -> list[psutil.Process]:
    """Every process of this data folder, also those that have lost their supervisor."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("QUADRILLE_DATA_DIR") == str(instance.data_dir)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if mine and process.pid != os.getpid() and standing.lives(process):
            found.append(process)
    return found


async def check(
    caller: Program, effects: chaos.Effects, before: Mapping[str, list[Any]] = MappingProxyType({})
) -> None:
    """Every accepted run ended well, with its whole history, and each effect counted once at the receiver."""
    for run_id in caller.accepted:
        run = await caller.ended(run_id)
        assert run["status"] == "succeeded", run["error"]
        events = await caller.history(run_id)
        standing.check_history(run, events)
        assert events[: len(before.get(run_id, []))] == before.get(run_id, []), "the history was rewritten"
        steps = {s["node_id"]: s for s in (await caller.ask("GET", f"/runs/{run_id}/steps"))["items"]}
        for n in range(5):
            step = steps[f"call_{n}"]
            assert step["output"]["body"]["effect"] == effects.number[f"{run_id}:call_{n}:1"]
    assert len(effects.number) == 5 * len(caller.accepted)


async def kill_everything(instance: Instance) -> None:
    """kill -9 of the supervisor alone: the kernel tells its children, who end by themselves."""
    assert instance.process
    everybody = standing.children(instance)
    instance.process.kill()
    instance.process.wait()
    alive = await standing.gone(everybody, 90)
    left = [words for p in alive if (words := standing.command(p)) and "valkey-server" not in words]
    assert not left


@pytest.mark.at_merge("sqlite")
async def test_kill_nine_of_every_process_and_of_all_then_a_worker_by_hand_and_sigterm(
    database: db.Database, instance: Instance, seed: int, size: Size
) -> None:
    """One instance for all of it, since its start is what takes long."""
    chance, effects = random.Random(seed), chaos.Effects(0.1)
    async with serving(effects.answer) as server, standing.program(instance) as caller:
        workflow_id = await caller.publish(whole_life(server))
        roles = ["worker", "web", "inference", "redis"] * size.instance_rounds
        for role in chance.sample(roles, len(roles)):
            started = [await caller.start(workflow_id) for _ in range(2)]
            await asyncio.sleep(chance.uniform(0.05, 1.0))
            await standing.kill(instance, role)
            print(f"killed {role} with {started} under way")
        asked = caller.accepted[:]
        for run_id in asked:
            await caller.until(run_id, lambda run: run["status"] == "waiting_person")
        late = [await caller.start(workflow_id) for _ in range(2)]
        before = {run_id: await caller.history(run_id) for run_id in caller.accepted}
        await asyncio.sleep(chance.uniform(0.05, 0.5))
        await kill_everything(instance)
        await asyncio.to_thread(instance.start)
        assert not instance.owner_link, "there is an owner already"
        for run_id in asked + late:
            await caller.approve(run_id)
        await check(caller, effects, before)
        print(f"{len(roles) + 1} kills, {len(caller.accepted)} runs, {effects.repeated()} repeated in flight")
        await leave_nothing(caller, instance, server, effects)


async def leave_nothing(caller: Program, instance: Instance, server: Server, effects: chaos.Effects) -> None:
    """A worker by hand shares the load; SIGTERM ends everything, in the middle of steps that are finished before."""
    workflow_id = await caller.publish(chaos.chain(server, 5))
    effects.seconds, before = 0.3, effects.repeated()
    second = by_hand(instance)
    try:
        await shared(caller, workflow_id, second.pid)
        runs = [await caller.start(workflow_id) for _ in range(4)]
        await caller.until(runs[0], lambda run: run["last_seq"] > 4)
        everybody = standing.children(instance)
        second.send_signal(signal.SIGTERM)
        await asyncio.to_thread(instance.stop)
        assert await asyncio.to_thread(second.wait, 120) == 0
        assert instance.process
        assert instance.process.returncode == 0
        assert not await standing.gone(everybody, 10)
        assert not of_instance(instance)
    finally:
        second.kill()
    await asyncio.to_thread(instance.start)
    await check(caller, effects)
    assert effects.repeated() == before, "a worker that is asked to leave finishes its steps"


def by_hand(instance: Instance) -> subprocess.Popen[bytes]:
    """`quadrille worker` in another terminal."""
    command = [sys.executable, "-m", "app.cli.main", "worker", "--no-inference"]
    with (instance.data_dir / "by-hand.log").open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, env=instance.environment, stdout=out, stderr=out)


async def shared(caller: Program, workflow_id: str, pid: int) -> None:
    """Runs are started until the worker by hand and the other one have held some."""
    holders: set[int] = set()
    held = select(Worker.pid).join(Run, col(Run.worker_id) == col(Worker.id))
    async with asyncio.timeout(standing.SECONDS):
        while len(holders) < 2 or pid not in holders:
            run = await caller.ask("GET", f"/runs/{await caller.start(workflow_id)}")
            assert run["status"] != "failed", run
            async with db.database().reading() as session:
                holders |= set((await session.exec(held)).all())
            await asyncio.sleep(0.1)
