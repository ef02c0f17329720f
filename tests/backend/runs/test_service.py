"""Runs are started once, looked at only by their team, and steered only along the table of states."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.core import clock, db
from backend.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from backend.identity.principal import Principal
from backend.runs import repository, service, shown_values, starting
from backend.runs.models import Blob, StepRecord
from backend.runs.repository import Filter
from backend.runs.schemas import RunPublic
from backend.runs.states import WrongState
from backend.workflows.diagram import Node
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = pytest.mark.db
Verb = Callable[[db.Session, Principal, str], Awaitable[RunPublic]]


async def start(world: made.World, by: Principal | None = None, **more: Any) -> RunPublic:
    async with db.database().transaction() as session:
        return await starting.start(
            session, by or world.by, **({"workflow_id": world.workflow_id, "input": {}} | more)
        )


async def steer(verb: Verb, by: Principal, run_id: str) -> RunPublic:
    async with db.database().transaction() as session:
        return await verb(session, by, run_id)


async def kinds(run_id: str) -> list[tuple[int, str]]:
    run = await made.state(run_id)
    async with db.database().reading() as session:
        rows = await repository.events_after(session, run.team_id, run_id, 0, 1000)
    return [(row.seq, row.kind) for row in rows]


async def test_a_start_stores_the_run_with_its_first_event(database: db.Database) -> None:
    world = await made.world()
    run = await start(world, workflow_id="flow", input={"mail": "ünï ☃"})
    assert (run.status, run.version_number, run.last_seq) == ("queued", 1, 1)
    assert (await made.state(run.id)).input == {"mail": "ünï ☃"}
    assert await kinds(run.id) == [(1, "run.queued")]


async def test_a_key_starts_one_run_however_many_try(database: db.Database) -> None:
    world = await made.world()
    found = await asyncio.gather(*(start(world, idempotency_key="k", input=[1]) for _ in range(10)))
    assert len({run.id for run in found}) == 1
    with pytest.raises(Conflict, match="another start"):
        await start(world, idempotency_key="k", input=[2])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"workflow_id": "nowhere"}, NotFound),
        ({"version": "ver_nowhere"}, NotFound),
        ({"input": {"text": "a\0b"}}, Invalid),
        ({"input": "x" * 10_000_001}, TooLarge),
    ],
)
async def test_a_wrong_start_is_refused(
    database: db.Database, wrong: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await start(await made.world(), **wrong)


async def test_only_roles_that_may_start_do(database: db.Database) -> None:
    world = await made.world()
    viewer = await people.person(world.by.team_id, "viewer")
    with pytest.raises(NotAllowed):
        await start(world, viewer.by)


async def test_another_team_sees_nothing(database: db.Database) -> None:
    world, stranger = await made.world(), (await made.world()).by
    run = await start(world)
    async with database.reading() as session:
        for verb in (service.get, service.steps, service.events_after, service.cancel):
            with pytest.raises(NotFound):
                await verb(session, stranger, run.id)
        assert (await service.list_(session, stranger, Filter())).items == []
    with pytest.raises(NotFound):
        await start(world, stranger)


async def test_the_list_is_paged_filtered_and_light(database: db.Database) -> None:
    world = await made.world()
    made_runs = [await made.run(world, "failed", error={"message": "100% odd_name"}, input="big")]
    made_runs += [await made.run(world, "succeeded") for _ in range(4)]
    async with database.reading() as session:
        first = await service.list_(session, world.by, Filter(), limit=3)
        rest = await service.list_(session, world.by, Filter(), cursor=first.next_cursor, limit=3)
        by_status = await service.list_(session, world.by, Filter(statuses=("failed",)))
        by_text = await service.list_(session, world.by, Filter(text="100% ODD_"))
        nothing = await service.list_(session, world.by, Filter(text="100%_odd"))
        by_slug = await service.list_(session, world.by, Filter(workflow_id="flow"))
        with pytest.raises(Invalid):
            await service.list_(session, world.by, Filter(), cursor="'; --")
    assert [r.id for r in first.items + rest.items] == sorted(made_runs, reverse=True)
    assert rest.next_cursor is None
    assert [r.id for r in by_status.items] == [r.id for r in by_text.items] == made_runs[:1]
    assert by_status.items[0].input is None
    assert (nothing.items, len(by_slug.items)) == ([], 5)


@pytest.mark.parametrize(
    "status", ["queued", "waiting_person", "waiting_event", "waiting_time", "retrying", "paused"]
)
async def test_cancelling_a_parked_run_ends_it_and_fences_its_old_worker(
    database: db.Database, status: str
) -> None:
    world = await made.world()
    run_id = await made.run(world, status, token=7)
    run = await steer(service.cancel, world.by, run_id)
    assert run.status == "cancelled"
    assert run.finished_at
    assert (await made.state(run_id)).token == 8
    assert await kinds(run_id) == [(1, "run.cancelled")]


async def test_cancelling_a_parked_run_with_a_saga_leaves_its_end_to_a_worker(database: db.Database) -> None:
    world = await made.world(made.chain(Node(id="a", kind="start"), Node(id="s", kind="saga")))
    run_id = await made.run(world, "waiting_person", token=1)
    await steer(service.cancel, world.by, run_id)
    row = await made.state(run_id)
    assert (row.status, row.cancel_requested, row.finished_at) == ("queued", True, None)
    await steer(service.cancel, world.by, run_id)
    assert [kind for _, kind in await kinds(run_id)].count("run.cancelling") == 1


async def test_cancelling_a_live_run_asks_its_worker_once(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world, "running")
    await steer(service.cancel, world.by, run_id)
    run = await steer(service.cancel, world.by, run_id)
    assert (run.status, run.cancel_requested) == ("running", True)
    assert await kinds(run_id) == [(1, "run.cancelling")]


async def test_a_parked_run_pauses_and_resumes_at_once(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world, "waiting_person")
    assert (await steer(service.pause, world.by, run_id)).status == "paused"
    assert (await steer(service.resume, world.by, run_id)).status == "queued"
    assert await kinds(run_id) == [(1, "run.paused"), (2, "run.resumed")]


async def test_a_pause_that_was_not_taken_yet_is_taken_back(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world, "running")
    assert (await steer(service.pause, world.by, run_id)).pause_requested
    assert not (await steer(service.resume, world.by, run_id)).pause_requested
    with pytest.raises(WrongState, match="not paused"):
        await steer(service.resume, world.by, run_id)


@pytest.mark.parametrize("verb", [service.cancel, service.pause, service.resume])
@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
async def test_what_has_ended_is_not_steered(database: db.Database, verb: Verb, status: str) -> None:
    world = await made.world()
    with pytest.raises(WrongState, match="has ended"):
        await steer(verb, world.by, await made.run(world, status))


async def test_events_come_in_pages_without_a_hole(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world, "waiting_person")
    for _ in range(3):
        await steer(service.pause, world.by, run_id)
        await steer(service.resume, world.by, run_id)
    async with database.reading() as session:
        first = await service.events_after(session, world.by, run_id, 0, 4)
        rest = await service.events_after(session, world.by, run_id, first.last_seq, 4)
        nothing = await service.events_after(session, world.by, run_id, 99, 4)
    assert [e.seq for e in first.items + rest.items] == [1, 2, 3, 4, 5, 6]
    assert (first.more, rest.more, nothing.items) == (True, False, [])


async def test_numbers_have_no_hole_under_many_writers(database: db.Database) -> None:
    from backend.runs.history import Entry

    world = await made.world()
    run_id = await made.run(world, "running")

    async def write(times: int) -> None:
        for n in range(times):
            async with database.transaction() as session:
                await service.note(session, run_id, world.by.team_id, Entry("event.emitted", {"n": n}))

    await asyncio.gather(*(write(5) for _ in range(8)))
    assert [seq for seq, _ in await kinds(run_id)] == list(range(1, 41))


async def test_big_values_of_steps_are_put_back_as_far_as_they_fit(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await made.world()
    run_id = await made.run(world)
    async with database.transaction() as session:
        for number, size in enumerate((10, 1000)):
            digest = f"d{number}"
            session.add(
                Blob(
                    team_id=world.by.team_id,
                    digest=digest,
                    data=b'"' + b"x" * size + b'"',
                    created_at=clock.now(),
                )
            )
            session.add(
                StepRecord(
                    run_id=run_id,
                    node_id=f"n{number}",
                    team_id=world.by.team_id,
                    status="succeeded",
                    output={"$blob": digest, "bytes": size + 2},
                    started_at=clock.now(),
                )
            )
    async with database.reading() as session:
        both = await service.steps(session, world.by, run_id)
        monkeypatch.setattr(shown_values, "MAX_SHOWN_BYTES", 100)
        small = await service.steps(session, world.by, run_id)
    assert [step.output for step in both] == ["x" * 10, "x" * 1000]
    assert [step.output for step in small] == ["x" * 10, {"$blob": "d1", "bytes": 1002}]
