"""Limits and priorities at the claim: what has no room waits, and holds back nothing behind it."""

import asyncio
from datetime import timedelta

import pytest

from backend.core import clock, db
from backend.core.errors import NotAllowed, NotFound
from backend.identity.principal import Principal
from backend.runs import alarms, limits, starting
from backend.runs.alarms import Standing
from backend.runs.limits import Limits
from backend.worker import queueing, repository
from backend.workflows.diagram import Diagram
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("database")]


async def queued(world: made.World, count: int, seconds_ago: float, priority: str = "normal") -> list[str]:
    """Runs that were started so long ago, the oldest first."""
    ids: list[str] = []
    for number in range(count):
        created = clock.now() - timedelta(seconds=seconds_ago - number * 0.001)
        rank = limits.ranked(created, priority)
        ids.append(await made.run(world, "queued", created_at=created, rank_at=rank, priority=priority))
    return ids


async def claimed(limit: int = 100, worker: str = "w") -> set[str]:
    """What one worker gets."""
    await made.worker(worker)
    async with db.database().transaction() as session:
        rows, limited = await repository.claim_within_limits(session, worker, limit)
        assert limited == await queueing.any_limits(session)
        return {run.id for run in rows}


async def limit(world: made.World, at_once: int | None, *, team: bool = False) -> None:
    async with db.database().transaction() as session:
        wanted = Limits(at_once=at_once)
        if team:
            await limits.limit_team(session, world.by, wanted)
        else:
            await limits.limit_workflow(session, world.by, world.workflow_id, wanted)


async def end(run_ids: set[str]) -> None:
    async with db.database().transaction() as session:
        for run_id in run_ids:
            run = await repository.held_row(session, run_id, "w")
            assert run
            run.status = "succeeded"


async def test_a_limited_workflow_gets_its_places_and_others_all_theirs() -> None:
    one = await made.world()
    two = await made.published(one.by, Diagram(name="Two"), "two")
    await limit(one, 2)
    mine = await queued(one, 5, 60)
    others = await queued(two, 3, 10)
    assert await claimed(4) == {*mine[:2], *others[:2]}, "the older ones that must wait hold nothing back"
    assert await claimed(4) == {others[2]}
    await end({mine[0]})
    assert await claimed(4) == {mine[2]}
    await limit(one, None)
    assert await claimed(4) == set(mine[3:])


async def test_a_limited_team_shares_its_places_among_its_workflows() -> None:
    one = await made.world()
    two = await made.published(one.by, Diagram(name="Two"), "two")
    other = await made.world()
    await limit(one, 1)
    await limit(one, 3, team=True)
    mine = await queued(one, 4, 60)
    beside = await queued(two, 4, 30)
    foreign = await queued(other, 2, 10)
    assert await claimed() == {mine[0], *beside[:2], *foreign}
    assert await claimed() == set()
    await end({beside[0]})
    assert await claimed() == {beside[2]}


async def test_two_workers_at_once_never_fill_the_same_place() -> None:
    world = await made.world()
    await limit(world, 3)
    await queued(world, 20, 60)
    got = await asyncio.gather(*(claimed(2, f"w{n}") for n in range(6)))
    assert sum(len(one) for one in got) == 3
    assert len(set[str]().union(*got)) == 3


async def test_urgent_runs_overtake_and_the_patient_ones_still_come() -> None:
    world = await made.world()
    (low,) = await queued(world, 1, 60, "low")
    (normal,) = await queued(world, 1, 50)
    (high,) = await queued(world, 1, 1, "high")
    (old,) = await queued(world, 1, 1300, "low")
    order = [(await claimed(1)).pop() for _ in range(4)]
    assert order == [old, high, normal, low]


async def test_a_start_names_its_priority_or_takes_that_of_its_workflow_or_team() -> None:
    world = await made.world()

    async def started(priority: limits.Priority | None = None) -> str:
        async with db.database().transaction() as session:
            run = await starting.start(
                session, world.by, workflow_id=world.workflow_id, input={}, priority=priority
            )
        row = await made.state(run.id)
        assert row.rank_at == limits.ranked(row.created_at, row.priority)
        return run.priority

    assert await started() == "normal"
    async with db.database().transaction() as session:
        await limits.limit_team(session, world.by, Limits(priority="low"))
    assert await started() == "low"
    async with db.database().transaction() as session:
        await limits.limit_workflow(session, world.by, world.workflow_id, Limits(priority="high"))
    assert [await started(), await started("normal")] == ["high", "normal"]


async def test_who_may_not_set_limits_is_told_and_other_teams_workflows_do_not_exist() -> None:
    world, other = await made.world(), await made.world()
    operator: Principal = (await people.person(world.by.team_id, "operator")).by
    async with db.database().transaction() as session:
        for attempt in (
            limits.limit_team(session, operator, Limits()),
            limits.limit_workflow(session, operator, world.workflow_id, Limits()),
        ):
            with pytest.raises(NotAllowed):
                await attempt
        with pytest.raises(NotFound):
            await limits.limit_workflow(session, other.by, world.workflow_id, Limits())
        assert await limits.of_workflow(session, operator, world.workflow_id) == Limits()


def test_the_alarms() -> None:
    assert alarms.raised(Standing(workers=1, live_runs=0, queued=5, oldest_queued_seconds=10)) == []
    (old,) = alarms.raised(Standing(workers=1, live_runs=0, queued=5, oldest_queued_seconds=100))
    assert (old.code, "100 seconds" in old.message) == ("queue_old", True)
    (nobody,) = alarms.raised(Standing(workers=0, live_runs=0, queued=5, oldest_queued_seconds=100))
    assert (nobody.code, "5 waiting" in nobody.message) == ("no_worker", True)
    assert "quadrille worker" in nobody.fix


async def test_the_system_tells_what_is_wrong() -> None:
    world = await made.world()
    await queued(world, 2, 90)
    async with db.database().reading() as session:
        found = await alarms.system(session, world.by)
    assert (found.workers, found.queued) == (0, 2)
    assert found.oldest_queued_seconds >= 89
    assert [alarm.code for alarm in found.alarms] == ["no_worker"]
