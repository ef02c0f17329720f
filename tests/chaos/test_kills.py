"""Processes are killed at random moments; every run goes on by itself, and nothing that was shown finished runs again."""

import asyncio
import random

import pytest
from sqlmodel import col, func, select

from backend.core import db
from backend.runs.models import Run, Worker
from tests.backend.runs import made
from tests.backend.worker.house import House, events
from tests.chaos import world as chaos
from tests.chaos.sizes import Size
from tests.forks import Forked
from tests.http_server import serving
from tests.servers import Valkey

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]


async def workers_registered(house: House, count: int) -> None:
    async with asyncio.timeout(60):
        while True:
            async with db.database().reading() as session:
                found = (await session.exec(select(func.count(col(Worker.id))))).one()
            if found >= count:
                return
            assert all(process.poll() is None for process in house.workers), house.logs()
            await asyncio.sleep(0.02)


async def busy_worker(house: House, chance: random.Random) -> Forked | None:
    """One that plays a run now, so that the kill hits something; None when every run has ended.

    A run that three workers died over without a step finished is left alone: a fifth would rightly be the last.
    """
    held = select(Worker.pid).join(Run, col(Run.worker_id) == col(Worker.id))
    patient = held.where(col(Run.status) == "running").group_by(col(Worker.pid), col(Worker.id))
    async with asyncio.timeout(60):
        while True:
            async with db.database().reading() as session:
                pids = set((await session.exec(patient.having(func.max(Run.attempts) < 3))).all())
                ended = col(Run.status).in_(("succeeded", "failed", "cancelled"))
                left = (await session.exec(select(func.count(col(Run.id))).where(~ended))).one()
            if found := [process for process in house.workers if process.pid in pids]:
                return chance.choice(found)
            if not left:
                return None
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("shape", ["chain", "fan"])
async def test_c01_workers_are_killed(house: House, seed: int, size: Size, shape: str) -> None:
    chance, effects, runs, kills = random.Random(seed), chaos.Effects(0.04), list[str](), 0
    async with serving(effects.answer) as server:
        drawn = chaos.chain(server, 20) if shape == "chain" else chaos.fan(server, 8)
        world = await made.world(drawn)
        for _ in range(2):
            house.worker()
        while kills < size.worker_kills:
            if len(runs) * size.worker_kills <= kills * size.worker_runs:
                runs.append(await house.start(world, {}))
            await asyncio.sleep(chance.uniform(0.002, 0.35))
            victim = await busy_worker(house, chance)
            if victim is None:
                runs.append(await house.start(world, {}))
                continue
            house.kill(victim)
            kills += 1
            house.worker()
        ended = [await house.ended(run_id, 60 * size.minutes) for run_id in runs]
        await chaos.check(ended, effects, kills)
        assert sum(run.token for run in ended) > len(ended), "no kill hit a run under way"


async def test_a_death_is_seen_at_once_on_one_machine(house: House, seed: int) -> None:
    effects = chaos.Effects(seconds=0.5)
    async with serving(effects.answer) as server:
        world = await made.world(chaos.chain(server, 20))
        pair = [house.worker(QUADRILLE_LEASE_SECONDS="300") for _ in range(2)]
        await workers_registered(house, 2)
        run_id = await house.start(world, {})
        run = await house.until(run_id, lambda run: run.last_seq > 6)
        async with db.database().reading() as session:
            holder = await session.get(Worker, run.worker_id)
        assert holder
        house.kill(next(process for process in pair if process.pid == holder.pid))
        effects.seconds = 0.02
        await house.until(run_id, lambda now: now.token > run.token)  # by the lock, not by the lease
        run = await house.ended(run_id)
        await chaos.check([run], effects, 1)
        assert [e.kind for e in await events(run)].count("run.resumed") == 1


async def test_c03_redis_is_killed_in_the_middle(
    house: House, seed: int, size: Size, own_valkey: Valkey
) -> None:
    chance, effects, ended = random.Random(seed), chaos.Effects(), list[Run]()
    async with serving(effects.answer) as server:
        world = await made.world(chaos.chain(server))
        house.worker()
        await workers_registered(house, 1)
        for _ in range(size.redis_kills):
            runs = [await house.start(world, {}) for _ in range(3)]
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            own_valkey.stop()
            runs += [await house.start(world, {}) for _ in range(2)]
            ended += [await house.ended(run_id) for run_id in runs]
            own_valkey.start()
        ended.append(await house.ended(await house.start(world, {})))
        await chaos.check(ended, effects, 0)
        assert effects.repeated() == 0
