"""C-02: the web process is killed while starts come in; what was accepted, and what was only stored, is played (P1, I8)."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from sqlmodel import select

from backend.core import db
from backend.identity import keys
from backend.runs.models import Run
from tests import forks
from tests.backend.runs import made
from tests.backend.worker.house import House
from tests.chaos import world as chaos
from tests.chaos.sizes import Size
from tests.http_server import serving
from tests.servers import free_port

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]


class Web:
    """The API on one port, now by this process, now by that."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "web.log"
        self.process: forks.Forked | None = None

    def start(self, *flags: str) -> None:
        """Serve again."""
        self.process = forks.start("tests.chaos.web", str(self.port), *flags, output=self.log)

    async def ended(self) -> int:
        """Wait for its end; the status."""
        assert self.process
        return await asyncio.to_thread(self.process.wait, 60)

    def kill(self) -> None:
        """As the kernel would when memory is out."""
        if self.process:
            self.process.kill()
            self.process.wait()


class Starter:
    """A program that starts runs without a pause, and repeats a start that got no answer under the same key."""

    def __init__(self, web: Web, token: str, workflow_id: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.url = f"http://127.0.0.1:{web.port}/api/v1/workflows/{workflow_id}/runs"
        self.accepted: dict[str, str] = {}
        self.enough = False

    async def run(self) -> None:
        """Until `enough`."""
        async with httpx2.AsyncClient(headers=self.headers, timeout=30) as http:
            while not self.enough:
                await self._start(http, f"start-{len(self.accepted)}")

    async def _start(self, http: httpx2.AsyncClient, key: str) -> None:
        try:
            answer = await http.post(self.url, json={"input": {}}, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            await asyncio.sleep(0.02)
            return
        assert answer.status_code == 202, answer.text
        self.accepted[key] = answer.json()["id"]
        await asyncio.sleep(0.05)


@pytest.fixture
def web(house: House) -> Iterator[Web]:
    served = Web(house.folder)
    yield served
    served.kill()


async def stored() -> dict[str, str]:
    """The ids of all runs by their keys."""
    async with db.database().reading() as session:
        return {str(run.idempotency_key): run.id for run in (await session.exec(select(Run))).all()}


async def test_c02_the_web_is_killed_while_starts_come_in(
    house: House, web: Web, seed: int, size: Size
) -> None:
    chance, effects = random.Random(seed), chaos.Effects(0)
    async with serving(effects.answer) as server, asyncio.TaskGroup() as tasks:
        world = await made.world(chaos.chain(server, 2))
        async with db.database().transaction() as session:
            _, token = await keys.create(session, world.by, name="chaos", roles=world.by.roles)
        house.worker()
        starter = Starter(web, token, world.workflow_id)
        tasks.create_task(starter.run())
        for kill in range(size.web_kills):
            known = len(starter.accepted)
            if kill % 2:
                web.start("at-the-failpoint")
                assert await web.ended() == -9
                unanswered = (await stored()).keys() - starter.accepted.keys()
                assert len(unanswered) == 1, "stored, not answered, and nobody was told"
                await house.ended((await stored())[unanswered.pop()])
            else:
                web.start()
                while len(starter.accepted) == known:
                    await asyncio.sleep(0.01)
                await asyncio.sleep(chance.uniform(0.002, 0.35))
                web.kill()
        web.start()
        known = len(starter.accepted)
        while len(starter.accepted) == known:
            await asyncio.sleep(0.01)
        starter.enough = True
    assert await stored() == starter.accepted, "one run a key, and none that nobody meant"
    ended = [await house.ended(run_id) for run_id in starter.accepted.values()]
    await chaos.check(ended, effects, 0)
    assert effects.repeated() == 0
    print(f"{size.web_kills} kills of the web, {len(ended)} runs accepted and ended")
