"""R01, R02, R06, R22: tags, views that the server keeps, filters by duration and cost, where a run is, and many histories at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from backend.core import clock, db
from backend.core.errors import Invalid, NotAllowed, NotFound
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.runs import bulk, current, exporting, fork_tree, kept_views, service, tags
from backend.runs.bulk import ActOnMany
from backend.runs.filters import Filter
from backend.runs.history import Entry
from backend.runs.kept_views import KeepView
from backend.runs.models import EffectRecord
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = pytest.mark.db
DRAWN = Diagram(
    name="Pay", nodes=(Node(id="start", kind="start"), Node(id="pay", kind="wait", name="Pay them"))
)


@pytest.fixture
async def world(database: db.Database) -> made.World:
    return await made.world(DRAWN)


async def listed(by: Principal, **wanted: Any) -> list[str]:
    async with db.database().reading() as session:
        return [run.id for run in (await service.list_(session, by, Filter(**wanted))).items]


async def test_R02_and_R06_runs_are_tagged_one_by_one_and_together_and_found_by_it(world: made.World) -> None:
    one, two, three = [await made.run(world, "failed") for _ in range(3)]
    async with db.database().transaction() as session:
        await tags.put(session, world.by, one, ["urgent", "customer=acme"])
    report = await bulk.act(world.by, ActOnMany(action="tag", run_ids=[one, two, "run_none"], tag="bill"))
    assert (report.done, report.refused) == (2, 1)
    assert await listed(world.by, tags=("bill",)) == [two, one]
    assert await listed(world.by, tags=("bill", "customer=acme")) == [one]
    async with db.database().reading() as session:
        assert await tags.known(session, world.by) == ["bill", "customer=acme", "urgent"]
        assert await tags.of_runs(session, [one, two, three]) == {
            one: ["bill", "customer=acme", "urgent"],
            two: ["bill"],
        }
    await bulk.act(world.by, ActOnMany(action="untag", run_ids=[one, two], tag="bill"))
    assert await listed(world.by, tags=("bill",)) == []


async def test_R06_two_who_tag_one_run_at_once_both_have_their_way(world: made.World) -> None:
    run_id, begun = await made.run(world, "failed"), asyncio.Event()

    async def second() -> None:
        async with db.database().transaction() as session:
            begun.set()
            await tags.put(session, world.by, run_id, ["bill", "urgent"])

    async with asyncio.TaskGroup() as tasks, db.database().transaction() as session:
        await tags.put(session, world.by, run_id, ["urgent"])
        tasks.create_task(second())
        await begun.wait()
        await held_up()
    async with asyncio.TaskGroup() as tasks, db.database().transaction() as session:
        await tags.change(session, world.by, run_id, "late", on=True)
        tasks.create_task(tagged(world, run_id, "early"))
    async with db.database().reading() as session:
        found = await tags.get(session, world.by, run_id)
    assert found.tags == ["bill", "early", "late", "urgent"]


async def tagged(world: made.World, run_id: str, tag: str) -> None:
    async with db.database().transaction() as session:
        await tags.change(session, world.by, run_id, tag, on=True)


async def held_up() -> None:
    """Until PostgreSQL says that somebody waits for a row of another; to SQLite nobody writes beside another anyway."""
    if db.database().is_sqlite:
        return
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(60):
        while True:
            async with db.database().reading() as session:
                found = await (await session.connection()).execute(text(waits))
                if found.scalar_one():
                    return
            await asyncio.sleep(0.02)


async def test_R06_tags_are_for_who_steers_and_stay_in_the_team(world: made.World) -> None:
    run_id = await made.run(world, "failed")
    viewer = (await people.person(world.by.team_id, "viewer")).by
    stranger = (await people.person(await people.team(), "owner")).by
    for by, wrong in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(wrong):
            async with db.database().transaction() as session:
                await tags.put(session, by, run_id, ["mine"])
    with pytest.raises(Invalid, match="at most"):
        async with db.database().transaction() as session:
            await tags.put(session, world.by, run_id, [f"t{n}" for n in range(21)])
    async with db.database().reading() as session:
        assert await tags.known(session, stranger) == []


async def test_R02_by_how_long_it_took_and_what_it_cost(world: made.World) -> None:
    now = clock.now()
    quick = await made.run(world, "succeeded", started_at=now, finished_at=now + timedelta(seconds=0.25))
    long = await made.run(world, "succeeded", started_at=now, finished_at=now + timedelta(seconds=90))
    going = await made.run(world, "running", started_at=now - timedelta(hours=2))
    await made.run(world, "queued")
    assert await listed(world.by, longer=60) == [going, long]
    assert await listed(world.by, longer=60, shorter=3600) == [long]
    assert await listed(world.by, shorter=0.5) == [quick]
    async with db.database().transaction() as session:
        session.add_all(
            [_asked(world, quick, 1, 2.0), _asked(world, quick, 2, 3.0), _asked(world, long, 1, None)]
        )
    assert await listed(world.by, dearer=5) == [quick]
    assert await listed(world.by, dearer=5.01) == []


def _asked(world: made.World, run_id: str, n: int, cost: float | None) -> EffectRecord:
    told = {"node_id": "pay", "path": "", "visit": 1, "attempt": 1, "n": n, "kind": "chat", "digest": "d"}
    counted = {"model": "m/dear", "input_tokens": 1, "output_tokens": 2, "cost": cost}
    return EffectRecord(run_id=run_id, team_id=world.by.team_id, **told, **counted)


async def test_R01_a_run_under_way_names_the_step_at_which_it_is(world: made.World) -> None:
    begun, fresh = await made.run(world), await made.run(world, "queued")
    async with db.database().transaction() as session:
        for node in ("start", "pay"):
            await service.note(session, begun, world.by.team_id, Entry("step.started", {}, StepId(node)))
    async with db.database().reading() as session:
        assert await current.steps(session, [begun, fresh]) == {begun: "Pay them"}
        assert await current.steps(session, []) == {}


async def test_R02_views_are_kept_for_oneself_or_shared_and_forgotten_by_who_kept_them(
    world: made.World,
) -> None:
    other = (await people.person(world.by.team_id, "viewer")).by
    async with db.database().transaction() as session:
        await kept_views.keep(session, world.by, KeepView(name="Mine", query="status=failed"))
        shared = await kept_views.keep(session, world.by, KeepView(name="All", query="time=1h", shared=True))
        again = await kept_views.keep(session, world.by, KeepView(name="Mine", query="status=active"))
    async with db.database().reading() as session:
        assert [(one.name, one.query) for one in await kept_views.list_(session, world.by)] == [
            ("All", "time=1h"),
            ("Mine", "status=active"),
        ]
        assert [(one.name, one.mine) for one in await kept_views.list_(session, other)] == [("All", False)]
    with pytest.raises(NotFound):
        async with db.database().transaction() as session:
            await kept_views.drop(session, other, shared.id)
    async with db.database().transaction() as session:
        await kept_views.drop(session, world.by, again.id)
        assert [one.name for one in await kept_views.list_(session, world.by)] == ["All"]


@pytest.mark.parametrize("query", ["a=1&b=<script>", "//evil.example", "x" * 601])
def test_R02_a_view_keeps_nothing_but_a_filter(query: str) -> None:
    with pytest.raises(ValueError, match="query"):
        KeepView(name="Odd", query=query)


async def test_R22_the_family_of_a_run_is_a_tree_of_its_own_team(world: made.World) -> None:
    first = await made.run(world, "failed")
    edited = {"edits": [{"node_id": "pay", "path": "", "visit": 1}]}
    left = await made.run(world, "failed", trigger="fork", forked_from_run_id=first, acting=edited)
    right = await made.run(world, "succeeded", trigger="retry", forked_from_run_id=first)
    below = await made.run(world, "succeeded", trigger="fork", forked_from_run_id=left)
    alone = await made.run(world, "succeeded", forked_from_run_id="run_removed")
    async with db.database().reading() as session:
        for run_id in (first, left, right, below):
            found = await fork_tree.tree(session, world.by, run_id)
            assert [one.id for one in found.items] == [first, left, below, right], run_id
        assert found.items[1].edited == ["pay"]
        assert [one.id for one in (await fork_tree.tree(session, world.by, alone)).items] == [alone]
        stranger = (await people.person(await people.team(), "owner")).by
        with pytest.raises(NotFound):
            await fork_tree.tree(session, stranger, first)


async def test_R06_histories_of_many_are_a_line_each(world: made.World) -> None:
    runs = [await made.run(world, "succeeded") for _ in range(2)]
    text = b"".join([piece async for piece in await exporting.lines(world.by, runs)])
    assert [orjson.loads(line)["run"]["id"] for line in text.splitlines()] == runs
    viewer = (await people.person(world.by.team_id, "viewer")).by
    for by, wanted, wrong in ((viewer, runs, NotAllowed), (world.by, [*runs, "run_none"], NotFound)):
        with pytest.raises(wrong):
            await _all(await exporting.lines(by, wanted))


async def _all(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])
