"""Limits of steps at work at once: a run's own, a kind's across runs; what waits for a place harms nobody."""

import asyncio
from typing import Any, Literal

import pytest

from backend.core import db
from backend.engine.gates import Gate
from backend.engine.waits import Halted
from tests.backend.engine.world import HASTY, World, drawn, opened

pytestmark = pytest.mark.db


def fan(count: int, **fields: Any) -> dict[str, Any]:
    ids = [f"b{i}" for i in range(count)]
    return drawn(
        "s", *[(i, "say", fields) for i in ids], ("j", "join"), wires=" ".join(f"s>{i} {i}>j" for i in ids)
    )


async def test_a_run_has_only_so_many_steps_at_work(world: World) -> None:
    outcome, _ = await world.play(fan(12, config={"seconds": 0.01}) | {"max_parallel": 3})
    assert (outcome.status, world.seen.most_at_once) == ("succeeded", 3)


async def test_the_limit_of_a_run_holds_inside_its_containers_and_blocks_none(world: World) -> None:
    diagram = drawn(
        ("m", "map", {"config": {"concurrency": 5}}), ("l", "loop", {"parent": "m", "config": {"until": "index == 1"}}),
        ("b", "say", {"parent": "l", "config": {"seconds": 0.01}}), ("e", "end"), wires="m>e",
    )  # fmt: skip
    outcome, _ = await asyncio.wait_for(world.play(diagram | {"max_parallel": 1}, [1, 2, 3, 4, 5]), 60)
    assert (outcome.status, world.seen.most_at_once) == ("succeeded", 1)


async def test_a_kind_has_only_so_many_steps_at_work_in_all_runs(database: db.Database) -> None:
    async with opened(database, limits={"say": 2}) as world:
        await world.settle()
        played = await asyncio.gather(*(world.play(fan(4, config={"seconds": 0.01})) for _ in range(4)))
    assert [outcome.status for outcome, _ in played] == ["succeeded"] * 4
    assert world.seen.most_at_once == 2


async def test_waiting_for_a_place_does_not_count_against_the_time_limit(world: World) -> None:
    fields = {"config": {"seconds": 0.3}, "timeout_seconds": 3.5}
    outcome, _ = await world.play(fan(15, **fields) | {"max_parallel": 1})
    assert outcome.status == "succeeded", outcome.error


async def test_who_waits_for_people_leaves_its_place_to_others(database: db.Database) -> None:
    async with opened(database, HASTY) as world:
        await world.settle()
        diagram = drawn("s", ("a", "ask"), ("b", "ask"), "x", "y", ("j", "join"),
                        wires="s>a s>b s>x x>y a.approved>j b.approved>j")  # fmt: skip
        run = await world.run(diagram | {"max_parallel": 1})
        assert (await asyncio.wait_for(world.engine.play(run), 120)).status == "waiting"
        assert {"x", "y"} < set(await world.steps(run))
        for name in "ab":
            await world.answer(run, f"approval:{run.run_id}:{name}:1", wake=False)
        assert (await asyncio.wait_for(world.again(run), 120)).status == "succeeded"


async def test_a_pause_and_a_cancel_reach_steps_that_wait_for_a_place(world: World) -> None:
    wishes: tuple[tuple[Literal["pause", "cancel"], str], ...] = (
        ("pause", "paused"),
        ("cancel", "cancelled"),
    )
    for wish, status in wishes:
        run = await world.run(fan(8, config={"seconds": 0.3}) | {"max_parallel": 1})
        await world.wish(run, wish, tell=False)
        playing = asyncio.ensure_future(world.engine.play(run))
        while not world.seen.times[f"{run.run_id}:b0:1"]:
            await asyncio.sleep(0.005)
        world.engine.stop(run.run_id, wish)
        assert (await asyncio.wait_for(playing, 120)).status == status
        assert len([key for key in world.seen.times if key.startswith(run.run_id)]) < 5


async def test_a_place_that_is_given_to_somebody_who_gives_up_goes_to_the_next() -> None:
    gate, places = Gate(1), []

    def queue_up() -> asyncio.Future[None]:
        places.append(asyncio.get_running_loop().create_future())
        return places[-1]

    await gate.enter(queue_up)
    first, second, third = (asyncio.ensure_future(gate.enter(queue_up)) for _ in range(3))
    await asyncio.sleep(0)
    places[0].set_exception(Halted())
    gate.leave()
    second.cancel()
    await asyncio.wait_for(third, 60)
    with pytest.raises(Halted):
        await first
