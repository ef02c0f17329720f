"""Sagas: what is undone, in which order, what it sees, and how forward and rollback outcomes are told apart."""

import asyncio
from typing import Any, cast

import pytest
from pydantic import JsonValue

from backend.engine.ports import Outcome, RunToPlay
from tests.backend.engine.clockwork import Hands
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db
BAD = {"config": {"hopeless": True}}


def undone(node_id: str, by: str = "", **fields: Any) -> tuple[str, str, dict[str, Any]]:
    return (node_id, "say", {"compensate_with": by or f"undo_{node_id}", **fields})


def undo(node_id: str, **fields: Any) -> tuple[str, str, dict[str, Any]]:
    return (f"undo_{node_id}", "say", {"config": {"expression": "compensated", "text": None}, **fields})


def booking(*, last: Any = ("c", "trouble", BAD), parent: str = "s") -> list[Any]:
    """`a` and `b`, each with its compensation, then a node that fails."""
    inside = {"parent": parent}
    parts: list[Any] = [
        undone("a", **inside),
        undo("a", **inside),
        undone("b", **inside),
        undo("b", **inside),
    ]
    return [*parts, (last[0], last[1], {**last[2], **inside})]


BOOKING = "a>b b>c"


async def kinds_of(world: World, run: RunToPlay, node_id: str | None = None) -> list[str]:
    return [e.kind for e in await world.events(run) if node_id in (None, e.node_id)]


async def test_a_saga_that_goes_well_gives_what_its_body_gives(world: World) -> None:
    diagram = drawn(("s", "saga"), *booking(last=("c", "say", {"config": {"text": "done"}})), wires=BOOKING)
    outcome, run = await world.play(diagram)
    assert (outcome.status, outcome.output) == ("succeeded", "done")
    assert not any(kind.startswith("saga.") for kind in await kinds_of(world, run))
    assert not any("undo" in key for key in world.seen.times)


async def test_a_failed_saga_undoes_what_was_done_the_last_first(world: World) -> None:
    outcome, run = await world.play(drawn(("s", "saga"), *booking(), "never", wires=f"{BOOKING} s>never"))
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error["code"] == "compensated"
    assert outcome.error["cause"]["message"] == "This is wrong."
    assert (outcome.error["undone"], outcome.error["failed"]) == (["b", "a"], [])
    steps = await world.steps(run)
    assert steps["s:0/undo_b"].output == {"node": "b", "input": {"a": "a"}, "output": "b"}
    assert steps["s:0/undo_b"].input == {"b": "b"}
    assert list(world.seen.times) == [
        f"{run.run_id}:s:0/{k}" for k in ("a:1", "b:1", "c:1", "b:1:comp", "a:1:comp")
    ]
    told = [e for e in await world.events(run) if e.kind.startswith("saga.")]
    assert [(e.kind, e.node_id) for e in told] == [("saga.compensating", "s"), ("saga.compensated", "s")]
    assert told[0].data["nodes"] == ["b", "a"]


async def test_a_wired_rollback_lets_the_run_go_on_and_tells_why(world: World) -> None:
    outcome, run = await world.play(
        drawn(("s", "saga"), *booking(), "sorry", "thanks", wires=f"{BOOKING} s.compensated>sorry s>thanks")
    )
    assert outcome.output == "sorry"
    steps = await world.steps(run)
    assert steps["s"].port == "compensated"
    assert steps["s"].output["error"]["code"] == "invalid"
    assert steps["s"].output["undone"] == ["b", "a"]
    assert "thanks" not in steps


async def test_what_was_not_finished_is_not_undone(world: World) -> None:
    """A step that failed, one whose error became its default, and those that were not played."""
    diagram = drawn(
        ("s", "saga"),
        undone("a", parent="s", disabled=True), undo("a", parent="s"),
        ("b", "trouble", {**BAD, "parent": "s", "compensate_with": "undo_b", "on_error": "default"}), undo("b", parent="s"),
        ("c", "trouble", {**BAD, "parent": "s", "compensate_with": "undo_c"}), undo("c", parent="s"),
        undone("d", parent="s"), undo("d", parent="s"),
        wires="a>b b>c c>d",
    )  # fmt: skip
    outcome, _ = await world.play(diagram)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["undone"]) == ("compensated", [])


async def test_branches_are_undone_in_the_reverse_order_of_their_ends(world: World) -> None:
    diagram = drawn(
        ("s", "saga"),
        undone("slow", parent="s", config={"seconds": 0.1}), undo("slow", parent="s"),
        undone("fast", parent="s"), undo("fast", parent="s"),
        ("j", "join", {"parent": "s"}), ("bad", "trouble", {**BAD, "parent": "s"}),
        wires="slow>j fast>j j>bad",
    )  # fmt: skip
    outcome, _ = await world.play(diagram)
    assert outcome.error is not None
    assert outcome.error["undone"] == ["slow", "fast"]


async def test_a_compensation_has_retries_of_its_own(world: World) -> None:
    flaky = {"config": {"times": 2}, "retry": {"max_attempts": 3, "backoff_seconds": 0.01}, "parent": "s"}
    diagram = drawn(
        ("s", "saga"), undone("a", parent="s"), ("undo_a", "trouble", flaky), ("c", "trouble", {**BAD, "parent": "s"}),
        wires="a>c",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.error is not None
    assert outcome.error["code"] == "compensated"
    assert world.seen.times[f"{run.run_id}:s:0/a:1:comp"] == 3
    assert (await world.steps(run))["s:0/undo_a"].attempt == 3


@pytest.mark.parametrize(("role", "config"), [("map", {}), ("loop", {"until": "index == 1"})])
async def test_steps_in_containers_of_a_saga_are_undone_where_they_stood(
    world: World, role: str, config: dict[str, Any]
) -> None:
    seen = "[index, item]" if role == "map" else "[index, previous]"
    inside = {"parent": "m", "config": {"expression": seen, "text": None}}
    diagram = drawn(
        ("s", "saga"), ("m", role, {"parent": "s", "config": config}),
        undone("x", **inside), ("undo_x", "say", inside), ("bad", "trouble", {**BAD, "parent": "s"}),
        wires="m>bad",
    )  # fmt: skip
    outcome, run = await world.play(diagram, ["p", "q"])
    assert outcome.error is not None
    assert outcome.error["undone"] == ["x", "x"]
    steps = await world.steps(run)
    for index in range(2):
        assert steps[f"s:0/m:{index}/undo_x"].output == steps[f"s:0/m:{index}/x"].output
    assert world.seen.times[f"{run.run_id}:s:0/m:1/x:1:comp"] == 1


async def test_a_container_with_a_compensation_is_undone_as_a_whole(world: World) -> None:
    diagram = drawn(
        ("s", "saga"), ("m", "map", {"parent": "s", "compensate_with": "undo_m"}), undo("m", parent="s"),
        undone("x", parent="m"), undo("x", parent="m"), ("bad", "trouble", {**BAD, "parent": "s"}), wires="m>bad",
    )  # fmt: skip
    outcome, _ = await world.play(diagram, [1, 2])
    assert outcome.error is not None
    assert outcome.error["undone"] == ["m"]


async def test_sagas_in_a_map_are_undone_each_for_itself(world: World) -> None:
    diagram = drawn(
        ("m", "map", {"config": {"on_item_error": "collect"}}), ("s", "saga", {"parent": "m"}),
        *booking(last=("c", "say", {"config": {"expression": "1 // item", "text": None}})), wires=BOOKING,
    )  # fmt: skip
    outcome, run = await world.play(diagram, [1, 0])
    good, bad = cast(list[Any], outcome.output)
    assert (good["ok"], bad["ok"], bad["error"]["code"]) == (True, False, "compensated")
    comps = {key for key in world.seen.times if key.endswith(":comp")}
    assert comps == {f"{run.run_id}:m:1/s:0/{node}:1:comp" for node in "ab"}


async def test_a_nested_saga_that_went_well_is_undone_with_the_outer_one(world: World) -> None:
    diagram = drawn(
        ("o", "saga"), ("s", "saga", {"parent": "o"}), *booking(last=("c", "say", {})),
        undone("d", parent="o"), undo("d", parent="o"), ("bad", "trouble", {**BAD, "parent": "o"}),
        wires=f"{BOOKING} s>d d>bad",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.error is not None
    assert outcome.error["undone"] == ["d", "b", "a"]
    assert await kinds_of(world, run, "s") == ["step.started", "step.succeeded"]


async def test_a_nested_saga_that_was_undone_is_not_undone_again(world: World) -> None:
    outcome, run = await world.play(
        drawn(("o", "saga"), ("s", "saga", {"parent": "o"}), *booking(), wires=BOOKING)
    )
    assert outcome.error is not None
    assert outcome.error["cause"]["code"] == "compensated"
    assert all(count == 1 for count in world.seen.times.values())
    assert [k for k in await kinds_of(world, run) if k == "saga.compensated"] == ["saga.compensated"] * 2


async def held_until_it_waits(world: World, diagram: dict[str, Any]) -> tuple[Outcome, RunToPlay]:
    """Play; what is held is let go when the question `q` is asked and waits."""
    playing = asyncio.ensure_future(world.play(diagram))
    await world.told("step.waiting", "q")
    world.seen.let_go.set()
    return await playing


async def test_a_failure_beside_a_waiting_saga_undoes_it(world: World) -> None:
    diagram = drawn(
        "x", ("s", "saga"), undone("a", parent="s"), undo("a", parent="s"), ("q", "ask", {"parent": "s"}),
        ("held", "held"), ("bad", "trouble", BAD), wires="x>s x>held held>bad a>q",
    )  # fmt: skip
    outcome, run = await held_until_it_waits(world, diagram)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error["code"] == "invalid"
    assert outcome.error["rollback"]["undone"] == ["a"]
    assert "saga.compensated" in await kinds_of(world, run, "s")


async def test_a_failed_scope_around_a_waiting_saga_undoes_it_before_the_run_goes_on(world: World) -> None:
    fields: dict[str, JsonValue] = {"config": {"max_iterations": 1}, "on_error": "route"}
    diagram = drawn(
        ("l", "loop", fields), ("s", "saga", {"parent": "l"}),
        undone("a", parent="s"), undo("a", parent="s"), ("q", "ask", {"parent": "s"}),
        ("held", "held", {"parent": "l"}), ("bad", "trouble", {**BAD, "parent": "l"}), "after",
        wires="a>q held>bad l.error>after",
    )  # fmt: skip
    outcome, run = await held_until_it_waits(world, diagram)
    assert outcome.output == "after"
    order = [e.node_id for e in await world.events(run) if e.kind == "step.succeeded"]
    assert order == ["a", "held", "undo_a", "after"]


async def test_a_saga_whose_time_is_over_is_undone(hasty: World, hands: Hands) -> None:
    """Also where it slept when its time was over."""
    diagram = drawn(
        ("s", "saga", {"timeout_seconds": 0.4}), undone("a", parent="s"), undo("a", parent="s"),
        ("q", "ask", {"parent": "s"}), wires="a>q",
    )  # fmt: skip
    run = await hasty.run(diagram)
    outcome = await hasty.engine.play(run)
    hands.to(outcome.wake_at)
    outcome = await hasty.again(run)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["cause"]["code"]) == ("compensated", "timeout")
    assert outcome.error["undone"] == ["a"]


async def test_a_saga_in_a_container_whose_time_is_over_is_undone(world: World, hands: Hands) -> None:
    diagram = drawn(
        ("l", "loop", {"timeout_seconds": 0.4, "config": {"max_iterations": 1}}), ("s", "saga", {"parent": "l"}),
        undone("a", parent="s"), undo("a", parent="s"), ("q", "ask", {"parent": "s"}), wires="a>q",
    )  # fmt: skip
    playing = asyncio.ensure_future(world.play(diagram))
    await world.told("step.waiting", "q")
    hands.on(0.4)
    outcome, run = await playing
    assert outcome.error is not None
    assert outcome.error["code"] == "timeout"
    assert (await world.steps(run))["l:0/s:0/undo_a"].status == "succeeded"
