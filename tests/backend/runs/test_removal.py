"""Old runs go with all that hangs on them, unfinished ones never, and no run loses a value that another one shared with it."""

import asyncio
from datetime import timedelta
from typing import Any

import grimp
import pytest
from sqlmodel import SQLModel, col, select, update

from app.tables import METADATA
from backend.core import clock, db
from backend.core.errors import NotAllowed
from backend.dead_letters.models import DeadLetter
from backend.engine import journal
from backend.runs import fork_rows, removal, retention
from backend.runs.models import BlobUse, Run, StepRecord
from backend.runs.retention import RetentionRule
from backend.worker import pruning
from tests.backend.engine.conftest import world as world
from tests.backend.engine.world import World, drawn
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = pytest.mark.db
BIG = "'%s' + '-'.join(str(n) for n in range(6000))"


def saying(word: str) -> dict[str, Any]:
    nodes = [(f"n{i}", "say", {"config": {"expression": BIG % word}}) for i in range(2)]
    return drawn(*nodes, "end", wires="n0>n1 n1>end")


async def left(database: db.Database, run_id: str) -> dict[str, int]:
    """How many rows of each table belong to the run."""
    found: dict[str, int] = {}
    async with database.reading() as session:
        connection = await session.connection()
        for table in METADATA.tables.values():
            key = table.c.get("run_id", table.c.get("thread_id"))
            if key is not None and (
                rows := (await connection.execute(table.select().where(key == run_id))).all()
            ):
                found[table.name] = len(rows)
    return found


async def values_of(world: World, run_id: str) -> list[Any]:
    """The outputs of all steps of a run, as readers get them."""
    async with world.database.reading() as session:
        query = select(StepRecord.output).where(col(StepRecord.run_id) == run_id)
        rows = (await session.exec(query.order_by(col(StepRecord.node_id)))).all()
    return [await journal.restored(world.database, world.team_id, row) for row in rows]


async def test_a_removed_run_leaves_nothing_and_takes_nothing_from_others(world: World) -> None:
    _, first = await world.play(saying("a"))
    _, second = await world.play(saying("a"))
    before = await values_of(world, second.run_id)
    assert {"step", "run_event", "blob_use", "checkpoint"} <= (
        await left(world.database, first.run_id)
    ).keys()
    assert await removal.remove(first.run_id)
    assert await left(world.database, first.run_id) == {}
    async with world.database.reading() as session:
        assert await session.get(Run, first.run_id) is None
    assert await values_of(world, second.run_id) == before
    assert all(isinstance(value, str) for value in before)
    assert await removal.remove(second.run_id)
    assert await world.blobs() == []
    assert not await removal.remove(second.run_id)


async def test_a_fork_keeps_the_values_of_its_origin(world: World) -> None:
    _, origin = await world.play(saying("a"))
    fork = await world.run(saying("a"))
    async with world.database.transaction() as session:
        await fork_rows._copy_uses(session, await world.row(origin), await world.row(fork))
    pieces = len(await world.blobs())
    assert await removal.remove(origin.run_id)
    assert len(await world.blobs()) == pieces > 0


async def test_an_unfinished_run_is_never_removed(world: World) -> None:
    run = await world.run(saying("a"))
    assert not await removal.remove(run.run_id)
    assert (await world.row(run)).status == "running"


async def test_runs_that_write_while_others_go_lose_no_value(world: World) -> None:
    """All runs hold the same values, so that every removal meets pieces that somebody is just about to use."""
    finished: asyncio.Queue[str] = asyncio.Queue()
    writers, each, gone = 3, 6, 12

    async def play() -> None:
        for _ in range(each):
            _, run = await world.play(saying("shared"))
            await finished.put(run.run_id)

    async def remove() -> None:
        for _ in range(gone):
            assert await removal.remove(await finished.get())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(writers):
            tasks.create_task(play())
        tasks.create_task(remove())
    kept = [finished.get_nowait() for _ in range(finished.qsize())]
    assert len(kept) == writers * each - gone
    for run_id in kept:
        assert all(isinstance(value, str) for value in await values_of(world, run_id)), run_id
    async with world.database.reading() as session:
        used = set((await session.exec(select(BlobUse.digest))).all())
    assert used == {blob.digest for blob in await world.blobs()}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_piece_that_a_writer_found_stored_is_there_when_it_commits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removal that comes while the writer is about to commit has to wait, and then sees the new use."""
    _, old = await world.play(saying("a"))
    before = await values_of(world, old.run_id)
    store: Any = world.writer._store
    commit, blocked = (
        store._commit,
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'",
    )
    removing: asyncio.Task[bool] | None = None

    async def slow(transaction: Any) -> None:
        nonlocal removing
        held = "SELECT count(*) FROM pg_locks WHERE granted AND locktype = 'advisory'"
        if removing is None and await world.scalar(held):
            removing = asyncio.ensure_future(removal.remove(old.run_id))
            while not removing.done() and not await world.scalar(blocked):
                await asyncio.sleep(0.01)
        await commit(transaction)

    monkeypatch.setattr(store, "_commit", slow)
    _, new = await world.play(saying("a"))
    assert removing is not None
    assert await removing
    assert await values_of(world, new.run_id) == before


async def due(world: made.World) -> set[str]:
    async with db.database().reading() as session:
        return set(await removal.due(session, world.by.team_id, 100))


async def ended(world: made.World, days: float, **more: Any) -> str:
    at = clock.now() - timedelta(days=days)
    run_id = await made.run(world, more.pop("status", "succeeded"), finished_at=at, **more)
    async with db.database().transaction() as session:
        row = await session.get(Run, run_id)
        assert row is not None
        row.created_at = at
        session.add(row)
    return run_id


async def test_what_is_due_is_what_the_team_no_longer_keeps(database: db.Database) -> None:
    world = await made.world()
    young, old = await ended(world, 89), await ended(world, 91)
    waiting = await made.run(world, "waiting_person")
    below = await ended(world, 200, parent_run_id=waiting)
    assert await due(world) == {old}
    async with db.database().transaction() as session:
        await retention.change(session, world.by, RetentionRule(days=0, per_workflow=0))
    assert await due(world) == set()
    async with db.database().transaction() as session:
        await retention.change(session, world.by, RetentionRule(days=0, per_workflow=2))
    newest = [await ended(world, 0), await ended(world, 0)]
    assert await due(world) == {young, old}
    assert below not in await due(world)
    assert await pruning.prune() == 2
    async with db.database().reading() as session:
        shown = await retention.kept(session, world.by)
        rows = (await session.exec(select(Run.id))).all()
    assert set(rows) == {waiting, below, *newest}
    assert (shown.runs, shown.per_workflow) == (4, 2)


async def test_only_those_who_manage_the_team_change_its_rule(database: db.Database) -> None:
    world = await made.world()
    editor = (await people.person(world.by.team_id, "editor")).by
    async with db.database().transaction() as session:
        with pytest.raises(NotAllowed):
            await retention.change(session, editor, RetentionRule(days=1))


def test_the_worker_knows_every_table_that_hangs_on_a_run() -> None:
    """It removes by foreign keys, and a table whose module it had not loaded would hold a run back."""
    graph = grimp.build_graph("backend", cache_dir=None)
    for mapper in SQLModel._sa_registry.mappers:
        if "run_id" in mapper.local_table.c:
            module = mapper.class_.__module__
            assert graph.chain_exists(importer="backend.worker.play", imported=module), module


async def test_a_run_with_an_open_letter_stays_until_somebody_has_decided(database: db.Database) -> None:
    world = await made.world()
    run_id = await ended(world, days=1000)
    place = {"team_id": world.by.team_id, "run_id": run_id, "created_at": clock.now()}
    letter = DeadLetter(id="dl_1", reason="compensation", message="m", **place)
    async with db.database().transaction() as session:
        session.add(letter)
    assert await pruning.prune() == 0
    async with db.database().transaction() as session:
        await session.exec(update(DeadLetter).values(status="discarded"))
    assert await pruning.prune() == 1
