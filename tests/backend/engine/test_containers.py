"""Maps and loops: bodies of any depth, limits, and what a failing item does."""

from typing import Any

import pytest

from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db


def mapped(body: Any, **config: Any) -> dict[str, Any]:
    return drawn(("m", "map", {"config": config}), body, ("e", "end"), wires="m>e")


async def test_a_map_plays_its_body_once_an_item_and_keeps_the_order(world: World) -> None:
    body = ("b", "say", {"parent": "m", "config": {"expression": "[index, item * 2]", "text": None}})
    outcome, run = await world.play(mapped(body), [3, 1, 2])
    assert outcome.output == [[0, 6], [1, 2], [2, 4]]
    assert {"m:0/b", "m:1/b", "m:2/b", "m", "e"} == set(await world.steps(run))
    keys = [f"{run.run_id}:m:{i}/b:1" for i in range(3)]
    assert [world.seen.times[key] for key in keys] == [1, 1, 1]


async def test_a_map_plays_only_so_many_items_at_once(world: World) -> None:
    body = ("b", "say", {"parent": "m", "config": {"seconds": 0.01}})
    await world.play(mapped(body, concurrency=3), list(range(20)))
    assert world.seen.most_at_once == 3


async def test_an_empty_map_gives_an_empty_list(world: World) -> None:
    outcome, _ = await world.play(mapped(("b", "say", {"parent": "m"})), [])
    assert outcome.output == []


WRONG_AT_2 = ("b", "say", {"parent": "m", "config": {"expression": "10 / (item - 2)", "text": None}})


async def test_a_failing_item_stops_the_map(world: World) -> None:
    outcome, run = await world.play(mapped(WRONG_AT_2, concurrency=1), [1, 2, 3])
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error["message"].startswith("m, item 1: b failed unexpectedly")
    assert "m:2/b" not in await world.steps(run)


async def test_failing_items_are_collected_with_the_others(world: World) -> None:
    outcome, _ = await world.play(mapped(WRONG_AT_2, on_item_error="collect"), [1, 2, 3])
    assert isinstance(outcome.output, list)
    results: list[Any] = outcome.output
    assert [r["ok"] for r in results] == [True, False, True]
    assert results[1]["error"]["code"] == "internal"
    assert results[2] == {"ok": True, "value": 10}


async def test_failing_items_are_dropped(world: World) -> None:
    outcome, _ = await world.play(mapped(WRONG_AT_2, on_item_error="drop"), [1, 2, 3])
    assert outcome.output == [-10, 10]


async def test_items_that_are_no_list_are_refused_at_the_map(world: World) -> None:
    outcome, _ = await world.play(mapped(("b", "say", {"parent": "m"})), {"no": "list"})
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["node_id"]) == ("invalid", "m")


async def test_a_failing_map_leaves_by_its_error_port(world: World) -> None:
    diagram = drawn(
        ("m", "map", {"on_error": "route"}), WRONG_AT_2, "ok", "sorry", wires="m>ok m.error>sorry"
    )
    outcome, _ = await world.play(diagram, [2])
    assert outcome.output == "sorry"


async def test_a_loop_turns_until_its_expression_is_true(world: World) -> None:
    diagram = drawn(
        ("l", "loop", {"config": {"until": "previous >= 3"}}),
        ("b", "say", {"parent": "l", "config": {"expression": "(previous or 0) + 1", "text": None}}),
        "done", "never", wires="l>done l.exhausted>never",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.output == "done"
    steps = await world.steps(run)
    assert (steps["l"].output, steps["l"].port) == (3, "out")
    assert "l:2/b" in steps
    assert "l:3/b" not in steps


async def test_a_loop_is_bounded(world: World) -> None:
    diagram = drawn(
        ("l", "loop", {"config": {"until": "False", "max_iterations": 4}}), ("b", "say", {"parent": "l"}),
        "never", "tired", wires="l>never l.exhausted>tired",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.output == "tired"
    assert sum(key.startswith("l:") for key in await world.steps(run)) == 4


async def test_a_loop_in_a_map_in_a_map(world: World) -> None:
    diagram = drawn(
        ("m", "map"),
        ("inner", "map", {"parent": "m", "config": {"items": "item"}}),
        ("l", "loop", {"parent": "inner", "config": {"until": "previous >= item"}}),
        ("b", "say", {"parent": "l", "config": {"expression": "(previous or 0) + 1", "text": None}}),
        ("e", "end"), wires="m>e",
    )  # fmt: skip
    outcome, run = await world.play(diagram, [[1, 2], [3]])
    assert outcome.output == [[1, 2], [3]]
    assert "m:1/inner:0/l:2/b" in await world.steps(run)
    await world.events(run)


async def test_a_body_may_branch_and_join(world: World) -> None:
    diagram = drawn(
        ("m", "map"), ("a", "say", {"parent": "m", "config": {"expression": "item", "text": None}}),
        ("b", "say", {"parent": "m", "config": {"expression": "nodes['a'] + 1", "text": None}}),
        ("c", "say", {"parent": "m", "config": {"expression": "nodes['a'] + 2", "text": None}}),
        ("j", "say", {"parent": "m", "config": {"expression": "[nodes['b'], nodes['c']]", "text": None}}),
        ("e", "end"), wires="m>e a>b a>c b>j c>j",
    )  # fmt: skip
    outcome, _ = await world.play(diagram, [10, 20])
    assert outcome.output == [[11, 12], [21, 22]]
