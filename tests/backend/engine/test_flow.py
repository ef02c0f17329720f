"""Control flow: chains, choices, branches that overtake each other, joins with dead wires."""

import asyncio
from typing import Any

import pytest

from backend.engine.ports import Outcome, RunToPlay
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db


async def held_until(node: str, world: World, diagram: dict[str, Any]) -> tuple[Outcome, RunToPlay]:
    """Play; what is held is let go when this node is at work."""
    run = await world.run(diagram)
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.begun(node)
    world.seen.let_go.set()
    return await playing, run


async def test_a_chain_ends_with_its_last_output(world: World) -> None:
    outcome, run = await world.play(chain(5))
    assert (outcome.status, outcome.output) == ("succeeded", "n4")
    row = await world.row(run)
    assert (row.status, row.output, row.worker_id) == ("succeeded", "n4", None)
    assert row.started_at
    assert row.finished_at
    assert [e.kind for e in await world.events(run)] == [
        "run.started", *["step.started", "step.succeeded"] * 5, "run.succeeded",
    ]  # fmt: skip
    steps = await world.steps(run)
    assert steps["n3"].input == {"n2": "n2"}
    assert (steps["n3"].output, steps["n3"].port, steps["n3"].status) == ("n3", "out", "succeeded")


async def test_a_node_leaves_by_one_port_and_the_others_are_skipped(world: World) -> None:
    diagram = drawn(
        ("if", "say", {"config": {"port": "yes"}}), "a", "b", "c",
        wires="if.yes>a if.no>b b>c",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.output == "a"
    assert set(await world.steps(run)) == {"if", "a"}
    skipped = {e.node_id for e in await world.events(run) if e.kind == "step.skipped"}
    assert skipped == {"b", "c"}


async def test_wires_that_meet_after_a_choice_go_on_with_the_one_that_was_taken(world: World) -> None:
    diagram = drawn(
        ("if", "say", {"config": {"port": "no"}}), "a", "b", ("merge", "say", {"config": {"text": None}}),
        wires="if.yes>a if.no>b a>merge b>merge",
    )  # fmt: skip
    outcome, _ = await world.play(diagram)
    assert outcome.output == {"b": "b"}


async def test_a_join_waits_for_all_its_branches(world: World) -> None:
    diagram = drawn(
        "s", ("a", "say", {"config": {"seconds": 0.05}}), "b", ("j", "join", {}), ("k", "say", {"config": {"text": None}}),
        wires="s>a s>b a>j b>j j>k a>k b>k",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.output == {"j": "a", "a": "a", "b": "b"}
    assert (await world.steps(run))["j"].input == {"a": "a", "b": "b"}
    assert all(count == 1 for count in world.seen.times.values())


async def test_a_join_with_a_skipped_branch_still_plays_and_so_does_what_follows(world: World) -> None:
    diagram = drawn(
        "s", ("if", "say", {"config": {"port": "no"}}), "dead", "alive", ("j", "join", {}), "after",
        wires="s>if s>alive if.yes>dead dead>j alive>j j>after",
    )  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.output == "after"
    assert (await world.steps(run))["j"].input == {"alive": "alive"}


async def test_a_join_for_any_goes_on_with_the_first_and_absorbs_the_others(world: World) -> None:
    diagram = drawn(
        "s", ("slow", "held"), "fast", ("j", "join", {"config": {"mode": "any"}}), "z",
        wires="s>slow s>fast slow>j fast>j j>z",
    )  # fmt: skip
    outcome, run = await held_until("z", world, diagram)
    assert outcome.output == "z"
    assert world.seen.times[f"{run.run_id}:z:1"] == 1
    assert "slow" in await world.steps(run)


async def test_a_join_for_some_waits_for_so_many(world: World) -> None:
    diagram = drawn(
        "s", ("a", "held"), "b", ("c", "say", {"config": {"seconds": 0.05}}),
        ("j", "join", {"config": {"mode": "count", "count": 2}}),
        wires="s>a s>b s>c a>j b>j c>j",
    )  # fmt: skip
    _, run = await held_until("j", world, diagram)
    assert set((await world.steps(run))["j"].input) == {"b", "c"}


async def test_a_join_that_can_never_get_enough_fails_the_run_with_a_sentence(world: World) -> None:
    diagram = drawn(
        ("s", "say", {"config": {"port": "yes"}}), "a", "b", ("j", "join", {"config": {"mode": "count", "count": 2}}),
        wires="s.yes>a s.no>b a>j b>j",
    )  # fmt: skip
    outcome, _ = await world.play(diagram)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error["code"] == "join_short"
    assert outcome.error["node_id"] == "j"


async def test_a_fast_branch_overtakes_a_slow_one(world: World) -> None:
    diagram = drawn(
        "s", ("slow", "held"), "f1", "f2", "f3", wires="s>slow s>f1 f1>f2 f2>f3",
    )  # fmt: skip
    outcome, _ = await held_until("f3", world, diagram)
    assert outcome.status == "succeeded"


async def test_several_ends_give_their_outputs_by_node(world: World) -> None:
    diagram = drawn("s", "a", "b", ("e1", "end"), ("e2", "end"), wires="s>a s>b a>e1 b>e2")
    outcome, _ = await world.play(diagram, {"x": 1})
    assert outcome.output == {"e1": "a", "e2": "b"}


async def test_one_end_gives_its_output_whatever_else_ends(world: World) -> None:
    diagram = drawn(("start", "start"), "side", ("e", "end"), wires="start>side start>e")
    outcome, _ = await world.play(diagram, {"x": [1, "é", None]})
    assert outcome.output == {"x": [1, "é", None]}


async def test_a_disabled_node_passes_on_what_came(world: World) -> None:
    diagram = drawn("a", ("b", "trouble", {"disabled": True}), ("e", "end"), wires="a>b b>e")
    outcome, run = await world.play(diagram)
    assert outcome.output == "a"
    assert [e.data["given"] for e in await world.events(run) if "given" in e.data] == ["disabled"]


async def test_notes_and_nodes_that_nothing_leads_to_are_not_played(world: World) -> None:
    diagram = drawn(("start", "start"), "a", "lost", "after", ("n", "note"), wires="start>a lost>after")
    outcome, run = await world.play(diagram)
    assert outcome.output == "a"
    assert set(await world.steps(run)) == {"start", "a"}


async def test_a_wide_fan_out_plays_each_branch_once(world: World) -> None:
    """C-16: a thousand branches at once."""
    ids = [f"b{i}" for i in range(1_000)]
    diagram = drawn("s", *ids, ("j", "join"), ("c", "say", {"config": {"expression": "len(nodes)"}}),
                    wires=" ".join(f"s>{i} {i}>j" for i in ids) + " j>c")  # fmt: skip
    outcome, run = await world.play(diagram)
    assert outcome.output == 1_002
    assert len(await world.steps(run)) == 1_003


async def test_pinned_outputs_stand_in_only_in_test_runs(world: World) -> None:
    from dataclasses import replace

    diagram = drawn(("a", "say", {"pinned": {"given": 1}}), ("e", "end"), wires="a>e")
    outcome, _ = await world.play(diagram)
    assert outcome.output == "a"
    pinned = replace(await world.run(diagram), use_pinned=True)
    assert (await world.engine.play(pinned)).output == {"given": 1}
