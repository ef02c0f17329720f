"""Sagas under way when the run is cancelled, paused, put to sleep or killed; and compensations that fail."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from backend.engine.ports import Outcome, RunToPlay
from tests.backend.engine.test_saga import undo, undone
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db
BAD = {"hopeless": True}
SLOW = {"seconds": 0.3}


def comp(run: RunToPlay, node_id: str) -> str:
    return f"{run.run_id}:s:0/{node_id}:1:comp"


async def began(world: World, key: str) -> None:
    async with asyncio.timeout(120):
        while key not in world.seen.times:
            await asyncio.sleep(0.002)


def waiting(**slow: Any) -> dict[str, Any]:
    """Two steps that can be undone, then one that waits for a person."""
    return drawn(
        ("s", "saga"), undone("a", parent="s"), undo("a", parent="s", **slow),
        undone("b", parent="s"), undo("b", parent="s", **slow), ("q", "ask", {"parent": "s"}), wires="a>b b>q",
    )  # fmt: skip


def failing(*, undo_b: Any = ("undo_b", "say", {"config": SLOW})) -> dict[str, Any]:
    """Two steps that can be undone, then one that fails."""
    return drawn(
        ("s", "saga"), undone("a", parent="s"), undo("a", parent="s"), undone("b", parent="s"),
        (undo_b[0], undo_b[1], {**undo_b[2], "parent": "s"}), ("c", "trouble", {"config": BAD, "parent": "s"}),
        wires="a>b b>c",
    )  # fmt: skip


async def cancelled_again(world: World, run: RunToPlay) -> Outcome:
    claimed = await world.claim(run.run_id, run.diagram, run.input)
    return await world.engine.play(replace(claimed, stop="cancel"))


async def test_a_cancel_undoes_a_saga_under_way(world: World) -> None:
    run = await world.run(waiting())
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    world.engine.stop(run.run_id, "cancel")
    assert (await asyncio.wait_for(playing, 120)).status == "cancelled"
    row = await world.row(run)
    assert row.error is not None
    assert (row.status, row.error["code"], row.error["undone"]) == ("cancelled", "compensated", ["b", "a"])
    kinds = [e.kind for e in await world.events(run) if e.kind.startswith(("saga", "run"))]
    assert kinds == ["run.started", "saga.compensating", "saga.compensated", "run.cancelled"]


async def test_a_cancel_of_a_parked_run_undoes_its_saga(hasty: World) -> None:
    run = await hasty.run(waiting())
    assert (await hasty.engine.play(run)).status == "waiting"
    assert (await cancelled_again(hasty, run)).status == "cancelled"
    assert (await hasty.row(run)).error == {
        "code": "compensated", "message": "Undone: b, a.", "undone": ["b", "a"], "failed": [],
    }  # fmt: skip
    await hasty.events(run)


async def test_a_cancel_after_a_saga_went_well_undoes_nothing(world: World) -> None:
    diagram = drawn(("s", "saga"), undone("a", parent="s"), undo("a", parent="s"), ("q", "ask"), wires="s>q")
    run = await world.run(diagram)
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    world.engine.stop(run.run_id, "cancel")
    assert (await playing).status == "cancelled"
    assert (await world.row(run)).error is None
    assert not any(key.endswith(":comp") for key in world.seen.times)


async def test_a_cancel_does_not_interrupt_compensation(hasty: World) -> None:
    """Not the one under way, though it takes longer than a cancelled step may, and not those after it."""
    run = await hasty.run(failing(undo_b=("undo_b", "say", {"config": {"seconds": 0.6}})))
    playing = asyncio.ensure_future(hasty.engine.play(run))
    await began(hasty, comp(run, "b"))
    hasty.engine.stop(run.run_id, "cancel")
    outcome = await asyncio.wait_for(playing, 120)
    assert outcome.status == "cancelled"
    steps = await hasty.steps(run)
    assert [steps[f"s:0/undo_{n}"].status for n in "ab"] == ["succeeded"] * 2
    assert all(count == 1 for count in hasty.seen.times.values())
    assert (await hasty.row(run)).error is not None


async def test_repeated_cancels_change_nothing(world: World) -> None:
    run = await world.run(waiting(config=SLOW))
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    while not playing.done():
        world.engine.stop(run.run_id, "cancel")
        await asyncio.sleep(0.01)
    assert (await playing).status == "cancelled"
    assert [world.seen.times[comp(run, n)] for n in "ab"] == [1, 1]


@pytest.mark.parametrize("why", ["pause", "drain"])
async def test_a_pause_or_drain_stops_between_compensations_and_the_rest_goes_on_later(
    world: World, why: Any
) -> None:
    run = await world.run(failing())
    if why == "pause":
        await world.wish(run, why, tell=False)
    playing = asyncio.ensure_future(world.engine.play(run))
    await began(world, comp(run, "b"))
    world.engine.stop(run.run_id, why)
    assert (await playing).status == {"pause": "paused", "drain": "drained"}[why]
    assert comp(run, "a") not in world.seen.times
    outcome = await world.again(run)
    assert (outcome.status, outcome.error and outcome.error["undone"]) == ("failed", ["b", "a"])
    assert all(count == 1 for count in world.seen.times.values())
    await world.events(run)


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_player_that_dies_while_undoing_is_followed_without_undoing_twice(
    world: World, cancelled: bool
) -> None:
    run = await world.run(waiting(config=SLOW) if cancelled else failing())
    playing = asyncio.ensure_future(world.engine.play(run))
    if cancelled:
        await world.questions.wait_for(1)
        world.engine.stop(run.run_id, "cancel")
    await began(world, comp(run, "a"))
    playing.cancel()
    await asyncio.wait([playing])
    outcome = await (cancelled_again(world, run) if cancelled else world.again(run))
    assert outcome.status == ("cancelled" if cancelled else "failed")
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["undone"]) == ("compensated", ["b", "a"])
    assert world.seen.times[comp(run, "b")] == 1
    assert world.seen.times[comp(run, "a")] in (1, 2)
    kinds = [e.kind for e in await world.events(run)]
    assert [kinds.count(f"saga.{k}") for k in ("compensating", "compensated")] == [1, 1]


STUCK = ("undo_b", "trouble", {"retry": {"max_attempts": 2, "backoff_seconds": 0.01}})


async def asked(world: World, run: RunToPlay, number: int = 1) -> str:
    await world.questions.wait_for(number)
    key, step, question = world.questions.asked[number - 1]
    assert question.title == "undo_b could not undo b"
    assert (step.node_id, step.visit) == ("undo_b", number)
    return key


@pytest.mark.parametrize(("verdict", "action", "code", "lists"), [
    ("approved", "skip", "compensated", {"undone": ["a"], "skipped": ["b"], "failed": []}),
    ("approved", "give_up", "compensation_failed", {"undone": [], "skipped": [], "failed": ["b", "a"]}),
    ("rejected", None, "compensation_failed", {"undone": [], "skipped": [], "failed": ["b", "a"]}),
])  # fmt: skip
async def test_a_failed_compensation_is_a_dead_letter_and_a_person_decides(
    hasty: World, verdict: str, action: str | None, code: str, lists: dict[str, list[str]]
) -> None:
    run = await hasty.run(failing(undo_b=STUCK))
    assert (await hasty.engine.play(run)).status == "waiting"
    assert hasty.seen.times[comp(run, "b")] == 2
    key = await asked(hasty, run)
    (letter,) = await hasty.letters(run)
    assert (letter.reason, letter.status, letter.node_id) == ("compensation", "open", "undo_b")
    assert "The other side is away" in letter.message
    await hasty.answer(run, key, verdict, values=action and {"action": action})
    outcome = await hasty.again(run)
    assert outcome.error is not None
    assert outcome.error["code"] == code
    assert {name: outcome.error[name] for name in lists} == lists
    (letter,) = await hasty.letters(run)
    assert (letter.status, letter.closed_by) == ("discarded", "p")
    told = [e.kind for e in await hasty.events(run) if e.kind.startswith("saga.")]
    ended = "saga.failed" if lists["failed"] else "saga.compensated"
    assert told == ["saga.compensating", "saga.stuck", "saga.decided", ended]
    assert hasty.seen.times[comp(run, "b")] == 2


@pytest.mark.parametrize("asleep", [True, False])
async def test_retry_tries_again_and_may_fail_again(world: World, hasty: World, asleep: bool) -> None:
    chosen = hasty if asleep else world
    flaky = ("undo_b", "trouble", {"config": {"times": 3}, "retry": STUCK[2]["retry"]})
    run = await chosen.run(failing(undo_b=flaky))
    playing = asyncio.ensure_future(chosen.engine.play(run))
    await chosen.answer(run, await asked(chosen, run), values={"action": "retry"})
    if (outcome := await playing).status == "waiting":
        outcome = await chosen.again(run)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["undone"]) == ("compensated", ["b", "a"])
    assert chosen.seen.times[comp(run, "b")] == 4
    assert [letter.status for letter in await chosen.letters(run)] == ["redriven"]
    assert (await chosen.steps(run))["s:0/undo_b"].attempt == 4


async def test_each_round_of_tries_asks_anew(hasty: World) -> None:
    run = await hasty.run(failing(undo_b=STUCK))
    await hasty.engine.play(run)
    await hasty.answer(run, await asked(hasty, run), values={"action": "retry"})
    assert (await hasty.again(run)).status == "waiting"
    await hasty.answer(run, hasty.questions.asked[-1][0], values={"action": "skip"})
    outcome = await hasty.again(run)
    assert outcome.error is not None
    assert outcome.error["skipped"] == ["b"]
    assert [letter.status for letter in await hasty.letters(run)] == ["redriven", "discarded"]
    assert hasty.seen.times[comp(run, "b")] == 4


async def test_nobody_decides_in_time(hasty: World) -> None:
    diagram = failing(undo_b=STUCK)
    diagram["nodes"][0]["config"] = {"decide_within": 0.2}
    run = await hasty.run(diagram)
    outcome = await hasty.engine.play(run)
    while outcome.status == "waiting":
        await asyncio.sleep(0.05)
        outcome = await hasty.again(run)
    assert outcome.error is not None
    assert outcome.error["code"] == "compensation_failed"


async def test_a_cancelled_run_waits_for_the_decision_about_a_failed_compensation(hasty: World) -> None:
    run = await hasty.run(waiting())
    nodes = run.diagram.model_dump(mode="json")
    nodes["nodes"][4] |= {"kind": "trouble", "config": {}}
    run = await hasty.run(nodes)
    playing = asyncio.ensure_future(hasty.engine.play(run))
    await hasty.questions.wait_for(1)
    hasty.engine.stop(run.run_id, "cancel")
    assert (await asyncio.wait_for(playing, 120)).status == "waiting"
    assert (await hasty.row(run)).status == "waiting_person"
    assert (await cancelled_again(hasty, run)).status == "waiting"
    key = hasty.questions.asked[-1][0]
    await hasty.answer(run, key, values={"action": "skip"})
    outcome = await cancelled_again(hasty, run)
    assert (outcome.status, outcome.error and outcome.error["undone"]) == ("cancelled", ["a"])
    await hasty.events(run)


async def test_a_cancel_ends_a_long_step_inside_a_map(hasty: World) -> None:
    """The step is ended, and the run is cancelled, not taken for a success."""
    run = await hasty.run(
        drawn(("m", "map"), ("x", "say", {"parent": "m", "config": {"seconds": 60}})), [1, 2]
    )
    playing = asyncio.ensure_future(hasty.engine.play(run))
    await began(hasty, f"{run.run_id}:m:1/x:1")
    hasty.engine.stop(run.run_id, "cancel")
    assert (await asyncio.wait_for(playing, 120)).status == "cancelled"
    assert (await hasty.steps(run))["m:0/x"].error is not None
