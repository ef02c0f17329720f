"""Runs of dead workers are queued again, patiently, and given up when nothing helps."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row
from sqlmodel import select

from backend.core import clock, db, ids
from backend.runs import service
from backend.runs.history import Entry
from backend.runs.models import Worker
from backend.worker import orphans, presence, repository
from backend.worker.lease import Lease
from backend.worker.presence import Presence
from tests.backend.runs import made

pytestmark = pytest.mark.db


async def hire(seconds: float) -> str:
    worker_id = ids.new("wkr")
    row = Worker(id=worker_id, host="h", pid=1, started_at=clock.now(), lease_until=clock.now())
    async with db.database().transaction() as session:
        await repository.register(session, row, seconds)
    return worker_id


async def claim(worker_id: str, limit: int = 10) -> list[Row[Any]]:
    async with db.database().transaction() as session:
        return list(await repository.claim(session, worker_id, limit))


async def note(world: made.World, run_id: str, kind: str) -> None:
    async with db.database().transaction() as session:
        await service.note(session, run_id, world.by.team_id, Entry(kind))  # pyright: ignore[reportArgumentType]


async def test_a_claim_takes_the_oldest_once_and_fences(database: db.Database) -> None:
    world, worker = await made.world(), await hire(60)
    runs = [await made.run(world, "queued") for _ in range(3)]
    await made.run(world, "waiting_person")
    first, rest, nothing = await claim(worker, 2), await claim(worker), await claim(worker)
    assert [run.id for run in first] == runs[:2]
    assert [run.id for run in rest] == runs[2:]
    assert nothing == []
    assert {(run.token, run.status, run.worker_id) for run in first + rest} == {(1, "running", worker)}


async def test_who_was_declared_dead_and_does_not_know_it_claims_nothing(database: db.Database) -> None:
    world, silent = await made.world(), await hire(-1)
    run_id = await made.run(world, "queued")
    async with database.transaction() as session:
        await repository.remove_silent(session, but="")
    assert await claim(silent) == []
    assert [run.id for run in await claim(await hire(60))] == [run_id]


async def test_only_runs_of_the_dead_are_orphans(database: db.Database) -> None:
    world, alive, dead = await made.world(), await hire(60), await hire(-1)
    kept, left = await made.run(world, worker_id=alive), await made.run(world, worker_id=dead)
    async with database.transaction() as session:
        assert await repository.remove_silent(session, but=alive) == 1
    assert await orphans.requeue_all() == 1
    assert ((await made.state(kept)).status, (await made.state(left)).status) == ("running", "queued")
    async with database.transaction() as session:
        assert await repository.beat(session, alive, 0, 60)
        assert not await repository.beat(session, dead, 0, 60), (
            "a worker that was given up has lost its lease"
        )


async def test_a_worker_that_slept_past_its_lease_buries_others_and_not_itself(
    database: db.Database,
) -> None:
    lease, other = Lease(), await hire(-1)
    await lease.register()
    async with database.transaction() as session:
        await repository.beat(session, lease.worker_id, 0, -1)
    lease.seconds = 0.01
    looking = asyncio.create_task(lease.watch_leases())
    try:
        async with asyncio.timeout(60):
            while other in (found := await workers()):
                await asyncio.sleep(0.01)
    finally:
        looking.cancel()
        await asyncio.wait([looking])
    assert found == {lease.worker_id}
    async with database.transaction() as session:
        assert await repository.beat(session, lease.worker_id, 0, 60), "it goes on"


async def workers() -> set[str]:
    async with db.database().reading() as session:
        return set((await session.exec(select(Worker.id))).all())


async def test_a_run_that_kills_every_worker_is_given_up(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world, worker_id="wkr_gone")
    await note(world, run_id, "run.started")
    for attempt in range(1, orphans.MAX_FRUITLESS):
        assert await orphans.requeue_all() == 1
        run = await made.state(run_id)
        assert (run.status, run.attempts) == ("queued", attempt)
        async with database.transaction() as session:
            run.status, run.worker_id = "running", "wkr_gone"
            await session.merge(run)
        await note(world, run_id, "run.resumed")
    await orphans.requeue_all()
    run = await made.state(run_id)
    assert run.status == "failed"
    assert run.error
    assert run.error["code"] == "poison"


async def test_attempts_that_get_further_are_not_counted(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world, worker_id="wkr_gone", attempts=4)
    await note(world, run_id, "run.resumed")
    await note(world, run_id, "step.succeeded")
    await orphans.requeue_all()
    run = await made.state(run_id)
    assert (run.status, run.attempts, run.wake_at) == ("queued", 1, None)


def test_a_lock_tells_the_living_from_the_dead(tmp_path: Path) -> None:
    with Presence(tmp_path, "wkr_living"):
        (tmp_path / "wkr_dead.lock").touch()
        assert list(presence.dead(tmp_path)) == ["wkr_dead"]
        presence.forget(tmp_path, "wkr_dead")
        assert list(presence.dead(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []
