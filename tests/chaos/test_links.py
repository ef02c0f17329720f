"""Workers and Redis lose sight of each other: cut links, frozen workers, an emptied Redis, messages twice and late."""

import asyncio
import random
import signal
import sqlite3
from contextlib import closing

import pytest
from sqlmodel import select

from backend.core import db, queue, redis
from backend.core.queue import link
from backend.runs import wake
from backend.runs.models import Run, Worker
from tests.backend.runs import made
from tests.backend.worker.house import House
from tests.chaos import world as chaos
from tests.chaos.proxy import FAULTS, proxying
from tests.chaos.sizes import Size
from tests.chaos.test_kills import workers_registered
from tests.forks import Forked
from tests.http_server import serving
from tests.servers import Valkey

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]


async def freeze(worker: Forked) -> None:
    """SIGSTOP, but not while it holds SQLite's write lock: for that there is no cure on one machine, and no other writes."""
    while True:
        worker.send_signal(signal.SIGSTOP)
        if not db.database().is_sqlite or await asyncio.to_thread(_others_may_write):
            return
        worker.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.01)


def _others_may_write() -> bool:
    with closing(sqlite3.connect(db.database().engine.url.database or "", timeout=2)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


@pytest.mark.at_merge("postgresql")
async def test_c06_the_link_between_worker_and_redis_is_cut(
    house: House, seed: int, own_valkey: Valkey
) -> None:
    chance, effects, ended = random.Random(seed), chaos.Effects(), list[Run]()
    async with serving(effects.answer) as server, proxying(own_valkey.port) as proxy:
        world = await made.world(chaos.chain(server, 4))
        for _ in range(2):
            house.worker(
                QUADRILLE_REDIS_URL=own_valkey.url.replace(f":{own_valkey.port}/", f":{proxy.port}/")
            )
        await workers_registered(house, 2)
        for fault in chance.sample(FAULTS, len(FAULTS)):
            runs = [await house.start(world, {}) for _ in range(3)]
            await asyncio.sleep(chance.uniform(0.05, 0.3))
            proxy.break_with(fault)
            runs += [await house.start(world, {}) for _ in range(2)]
            ended += [await house.ended(run_id) for run_id in runs]
            proxy.heal()
        ended.append(await house.ended(await house.start(world, {})))
        await chaos.check(ended, effects, 0)
        assert effects.repeated() == 0, "no run is played twice"
        assert proxy.passed, "the workers really spoke through the proxy"


async def test_c07_a_frozen_worker_comes_back_and_writes_nothing(house: House, seed: int) -> None:
    effects = chaos.Effects(0.2)
    async with serving(effects.answer) as server:
        world = await made.world(chaos.chain(server, 30))
        # Long enough that on a slow machine only the frozen one is late.
        pair = [house.worker(QUADRILLE_LEASE_SECONDS="5") for _ in range(2)]
        await workers_registered(house, 2)
        run_id = await house.start(world, {})
        run = await house.until(run_id, lambda run: run.last_seq > 5 and run.worker_id is not None)
        async with db.database().reading() as session:
            holder = (await session.exec(select(Worker).where(Worker.id == run.worker_id))).one()
        frozen = next(process for process in pair if process.pid == holder.pid)
        await freeze(frozen)
        effects.seconds = 0.02
        try:
            taken = await house.until(run_id, lambda now: now.token > run.token)
        finally:
            frozen.send_signal(signal.SIGCONT)
        assert await asyncio.to_thread(frozen.wait, 180) == 75, (
            "it was declared dead, so a new process has to come"
        )
        ended = await house.ended(run_id)
        assert ended.token == taken.token, "whoever came back claimed nothing and disturbed nobody"
        await chaos.check([ended], effects, 1)


async def test_c10_redis_is_emptied_under_load(
    house: House, seed: int, size: Size, own_valkey: Valkey
) -> None:
    chance, effects, ended = random.Random(seed), chaos.Effects(), list[Run]()
    async with serving(effects.answer) as server:
        world = await made.world(chaos.chain(server, 5))
        for _ in range(2):
            house.worker()
        await workers_registered(house, 2)
        for _ in range(max(2, size.redis_kills // 2)):
            runs = [await house.start(world, {}) for _ in range(5)]
            await asyncio.sleep(chance.uniform(0.0, 0.3))
            own_valkey.flush()
            runs += [await house.start(world, {}) for _ in range(2)]
            ended += [await house.ended(run_id) for run_id in runs]
        await chaos.check(ended, effects, 0)
        assert effects.repeated() == 0


async def test_c11_messages_come_twice_and_in_any_order(house: House, seed: int) -> None:
    chance, effects = random.Random(seed), chaos.Effects(0.02)
    async with serving(effects.answer) as server:
        world = await made.world(chaos.chain(server, 3))
        runs = [await house.start(world, {}) for _ in range(20)]
        messages = [run_id for run_id in runs for _ in range(chance.randint(2, 10))] + ["run_unknown"] * 5
        for run_id in chance.sample(messages, len(messages)):
            await queue.broker("runs").send(wake.TASK, run_id=run_id)
        for _ in range(2):
            house.worker()
        ended = [await house.ended(run_id) for run_id in runs]
        await chaos.check(ended, effects, 0)
        assert effects.repeated() == 0
        assert [run.token for run in ended] == [1] * len(runs), "each was claimed once"
        async with asyncio.timeout(60):
            while sum([await link.say(redis.client(), "XLEN", one) for one in queue_streams()]):
                await asyncio.sleep(0.05)


def queue_streams() -> tuple[str, ...]:
    from backend.core.queue import names

    return names.streams("runs")
