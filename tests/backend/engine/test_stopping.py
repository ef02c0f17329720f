"""Cancel, pause, drain, and losing the claim: what stops, what stands, what goes on later."""

import asyncio
import contextlib
from typing import Any

import pytest

from backend.core import clock
from backend.engine.ports import NewEvent, Outcome
from backend.engine.records import Commit, Fenced
from backend.engine.stretch import Stretch
from backend.runs.models import Run
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db
SLOW = {"config": {"seconds": 0.1}}


async def started(world: World, run_id: str, node_id: str, times: int = 1) -> None:
    while world.seen.times[f"{run_id}:{node_id}:1"] < times:
        await asyncio.sleep(0.002)


async def test_a_pause_lets_the_running_step_end_and_a_resume_goes_on_after_it(world: World) -> None:
    run = await world.run(drawn("a", ("b", "held"), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    await world.wish(run, "pause")
    world.seen.let_go.set()
    assert (await playing).status == "paused"
    row = await world.row(run)
    assert (row.status, row.worker_id) == ("paused", None)
    assert set(await world.steps(run)) == {"a", "b"}
    outcome = await world.again(run)
    assert outcome.output == "c"
    assert all(count == 1 for count in world.seen.times.values())
    await world.events(run)


async def test_a_drain_puts_the_run_back_into_the_queue(world: World) -> None:
    run = await world.run(drawn("a", ("b", "say", SLOW), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    world.engine.stop(run.run_id, "drain")
    assert (await playing).status == "drained"
    assert (await world.row(run)).status == "queued"
    assert (await world.again(run)).output == "c"
    assert all(count == 1 for count in world.seen.times.values())


async def test_a_drain_wakes_what_waits(world: World) -> None:
    run = await world.run(drawn(("a", "ask"), "yes", wires="a.approved>yes"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    world.engine.stop(run.run_id, "drain")
    assert (await asyncio.wait_for(playing, 120)).status == "drained"
    await world.answer(run, f"approval:{run.run_id}:a:1", wake=False)
    assert (await world.again(run)).output == "yes"


@pytest.mark.parametrize(("wish", "status"), [("cancel", "cancelled"), ("pause", "paused")])
async def test_a_wish_that_comes_while_the_run_falls_asleep_is_heard(
    hasty: World, monkeypatch: pytest.MonkeyPatch, wish: Any, status: str
) -> None:
    """Its hint finds nobody any more who plays the run."""
    run = await hasty.run(drawn(("a", "ask"), "yes", wires="a.approved>yes"))
    rest = Stretch._rest

    async def wished_meanwhile(stretch: Stretch) -> Outcome:
        if not (await hasty.row(run)).cancel_requested:
            await hasty.wish(run, wish, tell=False)
        return await rest(stretch)

    monkeypatch.setattr(Stretch, "_rest", wished_meanwhile)
    assert (await hasty.engine.play(run)).status == status
    assert (await hasty.row(run)).status == status
    await hasty.events(run)


async def test_a_cancel_that_comes_while_the_run_is_being_paused_is_heard(world: World) -> None:
    run = await world.run(drawn("a", ("b", "held"), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    await world.wish(run, "pause")
    await world.wish(run, "cancel", tell=False)
    world.seen.let_go.set()
    assert (await playing).status == "cancelled"
    assert "c" not in world.seen.at


async def test_a_run_whose_pause_is_taken_back_before_it_rests_goes_on(world: World) -> None:
    run = await world.run(drawn("a", ("b", "held"), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    world.engine.stop(run.run_id, "pause")  # its hint; the row does not wish it any more
    world.seen.let_go.set()
    assert (await playing).output == "c"
    assert "run.paused" not in [event.kind for event in await world.events(run)]


async def test_a_cancel_starts_nothing_new_and_ends_what_runs_too_long(hasty: World) -> None:
    run = await hasty.run(drawn("a", ("b", "say", {"config": {"seconds": 600}}), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(hasty.engine.play(run))
    await started(hasty, run.run_id, "b")
    hasty.engine.stop(run.run_id, "cancel")
    assert (await asyncio.wait_for(playing, 120)).status == "cancelled"
    row = await hasty.row(run)
    assert row.status == "cancelled"
    assert row.finished_at is not None
    steps = await hasty.steps(run)
    assert set(steps) == {"a", "b"}
    assert steps["b"].error is not None
    assert steps["b"].error["code"] == "cancelled"
    assert (await hasty.events(run))[-1].kind == "run.cancelled"


async def test_a_cancel_ends_waits_at_once(world: World) -> None:
    run = await world.run(
        drawn("s", ("a", "ask"), ("z", "sleep", {"config": {"seconds": 3600}}), wires="s>a s>z")
    )
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    world.engine.stop(run.run_id, "cancel")
    assert (await asyncio.wait_for(playing, 120)).status == "cancelled"


async def test_a_cancel_wished_before_the_claim_plays_nothing(world: World) -> None:
    from dataclasses import replace

    run = replace(await world.run(chain(3)), stop="cancel")
    assert (await world.engine.play(run)).status == "cancelled"
    assert await world.steps(run) == {}


async def test_whoever_lost_the_claim_writes_nothing_more(world: World) -> None:
    run = await world.run(drawn("a", ("b", "held"), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    newer = await world.claim(run.run_id, run.diagram)
    world.seen.let_go.set()
    assert (await playing).status == "fenced"
    assert set(await world.steps(run)) == {"a"}
    assert (await world.engine.play(newer)).output == "c"
    assert world.seen.times[f"{run.run_id}:a:1"] == 1
    await world.events(run)


async def test_a_stale_commit_is_refused_alone(world: World) -> None:
    good, stale = await world.run(chain(1)), await world.run(chain(1))
    await world.claim(stale.run_id, stale.diagram)

    def commit(run_id: str) -> Commit:
        return Commit(run_id, world.team_id, 1, clock.now(), [NewEvent("run.started")])

    futures = [world.writer.submit(commit(r.run_id)) for r in (good, stale, good)]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(r) for r in results] == [type(None), Fenced, type(None)]
    assert ((await world.row(good)).last_seq, (await world.row(stale)).last_seq) == (2, 0)


async def test_a_row_the_database_refuses_hurts_only_its_own_run(world: World) -> None:
    from backend.engine.records import StoreLost

    good, bad = await world.run(chain(1)), await world.run(chain(1))
    wrong = Commit(bad.run_id, "team_that_is_not", 1, clock.now(), [NewEvent("run.started")])
    right = Commit(good.run_id, world.team_id, 1, clock.now(), [NewEvent("run.started")])
    results = await asyncio.gather(
        world.writer.submit(wrong), world.writer.submit(right), return_exceptions=True
    )
    assert [type(r) for r in results] == [StoreLost, type(None)]
    assert (await world.row(good)).last_seq == 1


async def test_a_cancelled_player_leaves_a_run_that_can_be_played_on(world: World) -> None:
    run = await world.run(drawn("a", ("b", "say", {"config": {"seconds": 0.2}}), "c", wires="a>b b>c"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing
    assert world.engine.playing() == ()
    assert (await world.again(run)).output == "c"
    assert world.seen.times[f"{run.run_id}:a:1"] == 1


async def test_a_diagram_that_cannot_be_played_fails_with_all_its_problems(world: World) -> None:
    diagram = drawn(
        "a", ("b", "nope"), ("c", "say", {"config": {"seconds": "soon"}}), wires="a.nowhere>c c>a"
    )
    outcome, run = await world.play(diagram)
    assert outcome.status == "failed"
    row: Run = await world.row(run)
    assert row.error is not None
    codes = {p["code"] for p in row.error["problems"]}
    assert codes >= {"unknown_kind", "wrong_setting", "unknown_port", "cycle"}


async def test_a_run_claimed_again_by_the_same_worker_is_played_by_the_newer_claim(world: World) -> None:
    run = await world.run(drawn("a", ("b", "held"), "c", wires="a>b b>c"))
    older = asyncio.ensure_future(world.engine.play(run))
    await started(world, run.run_id, "b")
    let_older_go, world.seen.let_go = world.seen.let_go, asyncio.Event()
    newer = asyncio.ensure_future(world.engine.play(await world.claim(run.run_id, run.diagram)))
    await started(world, run.run_id, "b", times=2)
    let_older_go.set()
    assert (await older).status == "fenced"
    assert world.engine.playing() == (run.run_id,)
    world.seen.let_go.set()
    assert (await newer).output == "c"
    await world.events(run)
