"""C-05: a worker dies before and after each write of engine, worker and queue; the run still ends right (I2, I3)."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from sqlmodel import select

from backend.approvals import service as approvals
from backend.approvals.models import Approval
from backend.core import db, failpoints
from backend.core.failpoints import PLACES, STEERED
from backend.runs.models import Run
from backend.runs.schemas import TERMINAL
from backend.workflows.diagram import Diagram, Node, Retry, Wire
from tests.backend.runs import made
from tests.backend.worker.house import House
from tests.chaos import world as chaos
from tests.http_server import Answer, Asked, Server, json_answer, serving
from tests.servers import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]
AFTER_A_DEATH = ("orphans.", "wake.")


class Flaky(chaos.Effects):
    """Refuses each effect of `call_0` once, so that a step is tried again."""

    def __init__(self) -> None:
        super().__init__(0)
        self.refused: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        key = asked.headers["idempotency-key"]
        if key.endswith("call_0:1") and key not in self.refused:
            self.refused.add(key)
            return json_answer({"error": "later"}, 503)
        return super().answer(asked)


def diagram(server: Server) -> Diagram:
    """A step that is tried again, a question, and one more effect."""
    config = {"url": f"{server.url}/call_0", "method": "POST"}
    again = Retry(max_attempts=8, backoff_seconds=0.01, factor=1)
    nodes = (
        Node(id="start", kind="start"),
        Node(id="call_0", kind="http_request", config=config, retry=again),
        Node(id="ask", kind="human_approval", config={"title": "Go on?", "expires_after": 3600}),
        chaos.request("call_1", server),
        Node(id="output", kind="output"),
    )
    wires = (
        Wire(source="start", target="call_0"),
        Wire(source="call_0", target="ask"),
        Wire(source="ask", source_port="approved", target="call_1"),
        Wire(source="call_1", target="output"),
    )
    return Diagram(name="Everything that writes", nodes=nodes, wires=wires)


class Mortals:
    """Workers forked one after the other."""

    def __init__(self, house: House) -> None:
        command = [sys.executable, "-m", "tests.chaos.failing"]
        with (house.folder / "failing.log").open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
            )

    async def fork(self, place: str) -> int:
        """A worker that dies at the place; its pid."""
        assert self.process.stdin
        self.process.stdin.write(f"{place}\n".encode())
        self.process.stdin.flush()
        return await self._said()

    async def ended(self) -> int:
        """Wait for the end of the last one; its status."""
        async with asyncio.timeout(60):
            return await self._said()

    async def kill(self, pid: int) -> None:
        """kill -9."""
        os.kill(pid, signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL

    def close(self) -> None:
        """No more of them, also where a test has failed and left one alive."""
        for child in psutil.Process(self.process.pid).children():
            child.kill()
        self.process.communicate(timeout=30)

    async def _said(self) -> int:
        assert self.process.stdout
        return int(await asyncio.to_thread(self.process.stdout.readline))


@asynccontextmanager
async def deciding(world: made.World) -> AsyncIterator[None]:
    """Somebody approves whatever is asked, once its run sleeps."""

    async def decide() -> None:
        query = select(Approval).join(Run).where(Approval.status == "open", Run.status == "waiting_person")
        while True:
            async with db.database().transaction() as session:
                for found in (await session.exec(query)).all():
                    shown = found.arguments_hash
                    await approvals.decide(
                        session, world.by, found.id, verdict="approved", arguments_hash=shown
                    )
            await asyncio.sleep(0.05)

    deciding = asyncio.create_task(decide())
    yield
    deciding.cancel()
    await asyncio.wait({deciding})
    if not deciding.cancelled():
        deciding.result()


@pytest.mark.at_merge("sqlite")
async def test_c05_every_failpoint_is_died_at_once(house: House, seed: int) -> None:
    places = [place for place in random.Random(seed).sample(PLACES, len(PLACES)) if place not in STEERED]
    effects, ended = Flaky(), list[Run]()
    print(*places)
    mortals = Mortals(house)
    try:
        async with serving(effects.answer) as server:
            world = await made.world(diagram(server))
            async with deciding(world):
                for place in places:
                    ended.append(await died_at(place, mortals, house, world))
            await chaos.check(ended, effects, 3 * len(places))
    finally:
        mortals.close()
    deaths = sum(run.token for run in ended) - len(ended)
    print(f"{len(places)} places, {deaths} claims more than runs")


async def died_at(place: str, mortals: Mortals, house: House, world: made.World) -> Run:
    """A run over which a worker died at this place, after its end by another one."""
    run_id = await house.start(world, {})
    if place.startswith(AFTER_A_DEATH):
        await mortals.fork("step.play")
        assert await mortals.ended() == failpoints.DIED
    await mortals.fork(place)
    try:
        assert await mortals.ended() == failpoints.DIED
    except TimeoutError:
        raise AssertionError(f"nobody came by {place}: {await made.state(run_id)}\n{house.logs()}") from None
    pid = await mortals.fork("-")
    run = await house.until(run_id, lambda run: run.status in TERMINAL)
    await mortals.kill(pid)
    return run
