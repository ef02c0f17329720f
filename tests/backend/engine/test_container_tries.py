"""Retry and time limit of maps and loops: another try plays the body anew, in places of its own, and survives a restart."""

import asyncio
from typing import Any

import pytest

from tests.backend.engine.clockwork import Hands
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db

AGAIN = {"max_attempts": 3, "backoff_seconds": 0.02}
NEXT = {"max_attempts": 2, "backoff_seconds": 0}


async def test_a_retried_map_plays_its_body_anew_and_keeps_the_history_of_the_first_try(world: World) -> None:
    diagram = drawn(
        ("m", "map", {"retry": AGAIN, "config": {"concurrency": 1}}),
        ("a", "say", {"parent": "m", "config": {"expression": "item", "text": None}}),
        ("b", "flaky", {"parent": "m", "config": {"times": 1}}),
        ("e", "end"), wires="a>b m>e",
    )  # fmt: skip
    outcome, run = await world.play(diagram, [10, 20])
    assert (outcome.status, outcome.output) == ("succeeded", [2, 3])
    steps = await world.steps(run)
    assert set(steps) == {"m:0/a", "m:0/b", "m:0:2/a", "m:0:2/b", "m:1:2/a", "m:1:2/b", "m", "e"}
    assert (steps["m:0/b"].status, steps["m:0:2/b"].status, steps["m"].attempt) == ("failed", "succeeded", 2)
    told = [(e.kind, e.attempt) for e in await world.events(run) if e.node_id == "m"]
    assert told == [("step.started", 1), ("step.retrying", 1), ("step.started", 2), ("step.succeeded", 2)]


async def test_the_last_try_of_a_loop_fails_the_run_and_tells_where(world: World) -> None:
    diagram = drawn(("l", "loop", {"retry": AGAIN}), ("b", "trouble", {"parent": "l"}))
    outcome, run = await world.play(diagram)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["node_id"], outcome.error["path"]) == (
        "unavailable",
        "b",
        "l:0:3",
    )
    assert {"l:0/b", "l:0:2/b", "l:0:3/b"} < set(await world.steps(run))


async def test_settings_that_another_try_cannot_mend_are_not_tried_again(world: World) -> None:
    outcome, run = await world.play(drawn(("m", "map", {"retry": AGAIN}), ("b", "say", {"parent": "m"})), 5)
    assert outcome.status == "failed"
    assert (await world.steps(run))["m"].attempt == 1


async def test_a_second_try_goes_on_after_a_restart_where_it_was(hasty: World, hands: Hands) -> None:
    """The pause is slept through; the second try is put aside in its middle and taken up again by another claim."""
    retry = {"max_attempts": 2, "backoff_seconds": 0.5}
    diagram = drawn(
        ("m", "map", {"retry": retry, "config": {"concurrency": 1}}),
        ("b", "flaky", {"parent": "m", "config": {"times": 1}}),
        ("a", "ask", {"parent": "m"}),
        ("e", "end"), wires="b>a m>e",
    )  # fmt: skip
    run = await hasty.run(diagram, [1])
    outcome = await hasty.engine.play(run)
    assert ((await hasty.row(run)).status, outcome.status) == ("retrying", "waiting")
    hands.to(outcome.wake_at)
    assert (await hasty.again(run)).status == "waiting"
    await hasty.answer(run, f"approval:{run.run_id}:m:0:2/a:1", wake=False)
    assert (await hasty.again(run)).status == "succeeded"
    assert hasty.seen.plays["b"] == 2
    assert set(await hasty.steps(run)) == {"m:0/b", "m:0:2/b", "m:0:2/a", "m", "e"}
    assert [e.attempt for e in await hasty.events(run) if e.node_id == "m" and e.kind == "step.started"] == [
        1,
        2,
    ]


async def test_containers_in_containers_are_tried_again_without_a_collision(world: World) -> None:
    diagram = drawn(
        ("o", "loop", {"retry": AGAIN, "config": {"until": "True"}}),
        ("i", "map", {"parent": "o", "retry": {"max_attempts": 2, "backoff_seconds": 0.01}, "config": {"items": "[1]"}}),
        ("b", "flaky", {"parent": "i", "config": {"times": 3}}),
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert (outcome.status, outcome.output) == ("succeeded", [4])
    bodies = {key for key in await world.steps(run) if key.endswith("b")}
    assert bodies == {"o:0/i:0/b", "o:0/i:0:2/b", "o:0:2/i:0/b", "o:0:2/i:0:2/b"}
    assert len(world.seen.times) == 4


async def test_a_map_that_takes_too_long_is_stopped_with_all_that_runs_in_it(
    world: World, hands: Hands
) -> None:
    diagram = drawn(
        ("m", "map", {"timeout_seconds": 0.3, "on_error": "route"}),
        ("l", "loop", {"parent": "m"}), ("b", "say", {"parent": "l", "config": {"seconds": 600}}),
        "ok", ("late", "end"), wires="m>ok m.error>late",
    )  # fmt: skip
    async with asyncio.timeout(120):
        playing = asyncio.create_task(world.play(diagram, [1, 2]))
        while world.seen.running < 2:
            await asyncio.sleep(0.005)
        hands.on(0.3)
        outcome, run = await playing
    assert outcome.output == {
        "code": "timeout",
        "message": "m took longer than its limit of 0.3 seconds.",
        "fix": "Raise the node's time limit, or do less in it.",
    }
    steps = await world.steps(run)
    assert {key: step.status for key, step in steps.items() if key.startswith("m:")} == {
        "m:0/l:0/b": "failed", "m:1/l:0/b": "failed", "m:0/l": "failed", "m:1/l": "failed",
    }  # fmt: skip
    assert steps["m:0/l:0/b"].error is not None
    assert steps["m:0/l:0/b"].error["code"] == "cancelled"


async def test_a_time_limit_holds_over_waits_restarts_and_sleep(hasty: World, hands: Hands) -> None:
    diagram = drawn(
        ("l", "loop", {"timeout_seconds": 1.0, "on_error": "route"}), ("a", "ask", {"parent": "l"}),
        ("late", "end"), wires="l.error>late",
    )  # fmt: skip
    run = await hasty.run(diagram)
    outcome = await hasty.engine.play(run)
    assert outcome.status == "waiting"
    row = await hasty.row(run)
    assert row.status == "waiting_person"
    assert row.wake_at is not None, "nobody would wake the run for its limit"
    hands.to(row.wake_at)
    outcome = await hasty.again(run)
    assert isinstance(outcome.output, dict)
    assert outcome.output["code"] == "timeout"


async def test_a_try_that_took_too_long_is_followed_by_another(world: World, hands: Hands) -> None:
    diagram = drawn(
        ("l", "loop", {"timeout_seconds": 0.3, "retry": NEXT, "config": {"until": "True"}}),
        ("b", "flaky", {"parent": "l", "config": {"times": 1, "seconds": 600}}),
    )  # fmt: skip
    playing = asyncio.ensure_future(world.play(diagram))
    await world.begun("b")
    hands.on(0.3)
    outcome, run = await asyncio.wait_for(playing, 60)
    assert (outcome.status, outcome.output) == ("succeeded", 2)
    told: list[Any] = [e.data["error"]["code"] for e in await world.events(run) if e.kind == "step.retrying"]
    assert told == ["timeout"]


async def test_a_failure_beside_a_map_lets_it_begin_no_further_item(world: World) -> None:
    diagram = drawn(
        "s", ("t", "trouble", {"config": {"seconds": 0.05}}), ("m", "map", {"config": {"concurrency": 1}}),
        ("b", "say", {"parent": "m", "config": {"seconds": 0.1}}), wires="s>t s>m",
    )  # fmt: skip
    outcome, run = await world.play(diagram, list(range(200)))
    assert outcome.error is not None
    assert outcome.error["node_id"] == "t"
    assert len(await world.steps(run)) < 100


async def test_loops_in_maps_in_loops_in_loops_go_on_after_a_restart(hasty: World, hands: Hands) -> None:
    diagram = drawn(
        ("a", "loop", {"config": {"until": "index == 1"}}),
        ("b", "loop", {"parent": "a", "config": {"until": "index == 1"}}),
        ("c", "map", {"parent": "b", "config": {"items": "[1, 2]"}}),
        ("d", "loop", {"parent": "c", "config": {"until": "index == 1"}}),
        ("x", "say", {"parent": "d", "config": {"expression": "[item, index]", "text": None}}),
        ("w", "sleep", {"parent": "b", "config": {"seconds": 0.4}}),
        ("e", "end"), wires="c>w a>e",
    )  # fmt: skip
    run = await hasty.run(diagram)
    outcome = await hasty.engine.play(run)
    stretches = 1
    while outcome.status == "waiting":
        hands.to(outcome.wake_at)
        outcome, stretches = await hasty.again(run), stretches + 1
    assert (outcome.status, outcome.output) == ("succeeded", "slept")
    assert stretches == 1 + 2 * 2
    played = [key for key in await hasty.steps(run) if key.endswith("/x")]
    assert len(played) == 2 * 2 * 2 * 2
    assert all(hasty.seen.times[f"{run.run_id}:{key}:1"] == 1 for key in played)


async def test_thirty_levels_of_loops(world: World) -> None:
    count = 30
    loops = [
        (f"l{i}", "loop", {"parent": f"l{i - 1}" if i else None, "config": {"until": "True"}})
        for i in range(count)
    ]
    outcome, run = await world.play(drawn(*loops, ("x", "say", {"parent": f"l{count - 1}"})))
    assert (outcome.status, outcome.output) == ("succeeded", "x")
    assert "/".join(f"l{i}:0" for i in range(count)) + "/x" in await world.steps(run)
