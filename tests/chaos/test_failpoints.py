"""C-05: a worker dies before and after each write of engine, worker and queue; the run still ends right (I2, I3)."""

import asyncio
import random
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlmodel import select

from backend.approvals import service as approvals
from backend.approvals.models import Approval
from backend.core import db, failpoints
from backend.core.failpoints import PLACES, STEERED, TIMED
from backend.runs.models import Run
from backend.workflows.diagram import Diagram, Node, Retry, Wire
from tests.backend.runs import made
from tests.backend.worker.house import House
from tests.chaos import world as chaos
from tests.chaos.sizes import Size
from tests.http_server import Answer, Asked, Server, json_answer, serving

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
async def test_c05_every_failpoint_is_died_at_once(house: House, seed: int, size: Size) -> None:
    places = [
        place for place in random.Random(seed).sample(PLACES, len(PLACES)) if place not in (*STEERED, *TIMED)
    ]
    effects, ended = Flaky(), list[Run]()
    print(*places)
    async with serving(effects.answer) as server:
        world = await made.world(diagram(server))
        async with deciding(world):
            for first in range(0, len(places), size.places_at_once):
                ended += await died_at(places[first : first + size.places_at_once], house, world)
        await chaos.check(ended, effects, 3 * len(places))
    deaths = sum(run.token for run in ended) - len(ended)
    print(f"{len(places)} places, {deaths} claims more than runs")


async def died_at(places: Sequence[str], house: House, world: made.World) -> list[Run]:
    """A run for each place. A worker dies there, the next one finds what it left and dies at its own; one lives at last."""
    runs = list[str]()
    for place in places:
        runs.append(await house.start(world, {}))
        if place.startswith(AFTER_A_DEATH):
            await dies(house, "step.play")
        await dies(house, place)
    living = house.failing("-")
    ended = [await house.ended(run_id) for run_id in runs]
    house.kill(living)
    return ended


async def dies(house: House, place: str) -> None:
    """A worker comes by the place."""
    process = house.failing(place)
    try:
        assert await asyncio.to_thread(process.wait, 180) == failpoints.DIED
    except subprocess.TimeoutExpired:
        raise AssertionError(f"nobody came by {place}\n{house.logs()}") from None
    house.workers.remove(process)
