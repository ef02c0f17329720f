"""Waiting for people and for moments: in memory first, then asleep as rows, never holding anything else back."""

import asyncio

import pytest

from backend.core import clock, db
from backend.engine import journal
from backend.engine.ports import NewEvent, RunToPlay, StepId
from backend.engine.records import Change, Commit, SignalArrived
from backend.nodes.kind import Question
from tests.backend.engine.clockwork import Hands, put_timers_forward
from tests.backend.engine.world import World, drawn, falling_asleep

pytestmark = pytest.mark.db


def key(run_id: str, node_id: str) -> str:
    return f"approval:{run_id}:{node_id}:1"


async def test_an_answer_wakes_the_step_that_asked(world: World) -> None:
    run = await world.run(drawn(("a", "ask"), "yes", "no", wires="a.approved>yes a.rejected>no"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    await world.answer(run, key(run.run_id, "a"), "rejected")
    assert (await playing).output == "no"
    assert [e.kind for e in await world.events(run)][1:4] == [
        "step.started",
        "step.waiting",
        "step.succeeded",
    ]


async def test_an_approval_in_one_branch_does_not_hold_back_another(world: World) -> None:
    diagram = drawn("s", ("a", "ask"), "x", "y", "z", "end", wires="s>a s>x x>y y>z a.approved>end")
    run = await world.run(diagram)
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(1)
    while "z" not in await world.steps(run):
        await asyncio.sleep(0.01)
    await world.answer(run, key(run.run_id, "a"))
    assert (await playing).output == {"z": "z", "end": "end"}


async def test_two_questions_open_at_once_are_answered_independently(world: World) -> None:
    diagram = drawn("s", ("a", "ask"), ("b", "ask"), "pa", "pb", wires="s>a s>b a.approved>pa b.approved>pb")
    run = await world.run(diagram)
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.questions.wait_for(2)
    await world.answer(run, key(run.run_id, "b"))
    while "pb" not in await world.steps(run):
        await asyncio.sleep(0.01)
    assert "a" not in await world.steps(run)
    await world.answer(run, key(run.run_id, "a"))
    assert (await playing).output == {"pa": "pa", "pb": "pb"}
    assert [world.seen.times[f"{run.run_id}:{node}:1"] for node in ("s", "pa", "pb")] == [1, 1, 1]


async def test_a_run_that_only_waits_for_a_person_goes_to_sleep_and_wakes_up(hasty: World) -> None:
    run = await hasty.run(drawn("s", ("a", "ask"), "yes", wires="s>a a.approved>yes"))
    assert (await hasty.engine.play(run)).status == "waiting"
    row = await hasty.row(run)
    assert (row.status, row.worker_id, row.wake_at) == ("waiting_person", None, None)
    assert hasty.engine.playing() == ()
    await hasty.answer(run, key(run.run_id, "a"), wake=False)
    outcome = await hasty.again(run)
    assert (outcome.status, outcome.output) == ("succeeded", "yes")
    assert hasty.seen.times[f"{run.run_id}:s:1"] == 1
    kinds = [e.kind for e in await hasty.events(run)]
    assert kinds.count("run.waiting") == kinds.count("run.resumed") == kinds.count("step.waiting") == 1
    assert kinds.count("step.started") == 3


async def test_an_answer_that_comes_while_the_run_falls_asleep_is_not_lost(hasty: World) -> None:
    run = await hasty.run(drawn(("a", "ask"), "yes", wires="a.approved>yes"))
    async with falling_asleep(hasty, run) as playing:
        await hasty.answer(run, key(run.run_id, "a"), wake=False)  # the wake-up is lost; the row is there
    assert (await playing).output == "yes"


async def test_the_writer_refuses_sleep_when_the_signal_is_there(world: World) -> None:
    run = await world.run(drawn("a"))
    await world.answer(run, "approval:k", wake=False)
    commit = Commit(run.run_id, run.team_id, run.token, clock.now(), [NewEvent("run.waiting")])
    commit.change = Change("waiting_person", unless_inbox=("approval:k",))
    with pytest.raises(SignalArrived):
        await world.writer.submit(commit)
    assert (await world.row(run)).status == "running"
    assert (await world.row(run)).last_seq == 0


async def test_one_asleep_one_answered_later(hasty: World) -> None:
    diagram = drawn("s", ("a", "ask"), ("b", "ask"), ("j", "join"), wires="s>a s>b a.approved>j b.approved>j")
    run = await hasty.run(diagram)
    assert (await hasty.engine.play(run)).status == "waiting"
    await hasty.answer(run, key(run.run_id, "a"), wake=False)
    assert (await hasty.again(run)).status == "waiting"
    await hasty.answer(run, key(run.run_id, "b"), wake=False)
    assert (await hasty.again(run)).status == "succeeded"
    assert set((await hasty.steps(run))["j"].input) == {"a", "b"}
    await hasty.events(run)


async def test_a_short_sleep_is_slept_in_memory(world: World) -> None:
    outcome, run = await world.play(drawn(("z", "sleep", {"config": {"seconds": 0.05}}), "x", wires="z>x"))
    assert outcome.output == "x"
    step = (await world.steps(run))["z"]
    assert step.finished_at is not None
    assert (step.finished_at - step.started_at).total_seconds() >= 0.05


async def test_a_long_sleep_ends_at_its_first_moment_even_when_the_node_starts_again(
    hasty: World, hands: Hands
) -> None:
    run = await hasty.run(drawn(("z", "sleep", {"config": {"seconds": 0.6}}), "x", wires="z>x"))
    outcome = await hasty.engine.play(run)
    assert outcome.status == "waiting"
    row = await hasty.row(run)
    assert row.status == "waiting_time"
    assert row.wake_at is not None
    assert outcome.wake_at == row.wake_at
    hands.to(row.wake_at)
    assert (await hasty.again(run)).output == "x"
    step = (await hasty.steps(run))["z"]
    assert step.finished_at is not None
    assert step.finished_at >= row.wake_at
    waits = [e.data["until"] for e in await hasty.events(run) if e.kind == "step.waiting"]
    assert waits == [row.wake_at.isoformat()]


async def test_a_question_that_nobody_answers_in_time_expires(hasty: World) -> None:
    run = await hasty.run(
        drawn(("a", "ask", {"config": {"expires_in": 0.02}}), "late", wires="a.expired>late")
    )
    assert (await hasty.engine.play(run)).output == "late"


async def test_an_answer_that_comes_while_it_is_asked_is_heard_also_beside_a_long_step(
    hasty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = ("long", "trouble", {"config": {"seconds": 600}})
    run = await hasty.run(drawn("s", ("a", "ask"), "yes", long, wires="s>a s>long a.approved>yes"))
    ask = hasty.questions.ask

    async def answered(of: RunToPlay, step: StepId, key: str, question: Question) -> None:
        await ask(of, step, key, question)
        await hasty.answer(run, key)

    monkeypatch.setattr(hasty.questions, "ask", answered)
    await hasty.until_at("yes", run)


async def test_an_answer_that_comes_while_the_run_is_read_is_heard(
    hasty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await hasty.run(drawn(("a", "ask"), "yes", wires="a.approved>yes"))
    assert (await hasty.engine.play(run)).status == "waiting"
    load, reads = journal.load, list[str]()

    async def loaded(database: db.Database, run_id: str) -> journal.Journal:
        known = await load(database, run_id)
        if not reads:
            await hasty.answer(run, key(run_id, "a"))
        reads.append(run_id)
        return known

    monkeypatch.setattr(journal, "load", loaded)
    assert (await hasty.again(run)).output == "yes"
    assert len(reads) == 1, "it did not first fall asleep"


async def test_waiting_does_not_count_against_the_time_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await world.run(drawn(("a", "ask", {"timeout_seconds": 6}), "yes", wires="a.approved>yes"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.told("step.waiting", "a")
    put_timers_forward(monkeypatch, 7)
    await world.answer(run, key(run.run_id, "a"))
    assert (await playing).output == "yes"


async def test_a_long_pause_before_the_next_try_is_slept_through(hasty: World, hands: Hands) -> None:
    retry = {"max_attempts": 2, "backoff_seconds": 1.0}
    run = await hasty.run(drawn(("t", "trouble", {"config": {"times": 1}, "retry": retry})))
    outcome = await hasty.engine.play(run)
    assert (outcome.status, (await hasty.row(run)).status) == ("waiting", "retrying")
    hands.to(outcome.wake_at)
    assert (await hasty.again(run)).output == 2
    attempts = [(e.kind, e.attempt) for e in await hasty.events(run) if e.node_id]
    assert attempts == [
        ("step.started", 1), ("step.retrying", 1), ("step.started", 2), ("step.succeeded", 2),
    ]  # fmt: skip


async def test_a_failure_beside_a_question_ends_the_run_at_once(world: World) -> None:
    run = await world.run(
        drawn("s", ("a", "ask"), ("t", "trouble", {"config": {"seconds": 0.05}}), wires="s>a s>t")
    )
    outcome = await asyncio.wait_for(world.engine.play(run), 120)
    assert outcome.status == "failed"


async def test_waits_inside_maps_are_answered_by_item(hasty: World) -> None:
    diagram = drawn(
        ("m", "map", {"config": {"concurrency": 3}}), ("a", "ask", {"parent": "m"}), ("e", "end"), wires="m>e"
    )
    run = await hasty.run(diagram, [1, 2, 3])
    assert (await hasty.engine.play(run)).status == "waiting"
    for index, verdict in ((2, "approved"), (0, "rejected"), (1, "approved")):
        await hasty.answer(run, f"approval:{run.run_id}:m:{index}/a:1", verdict, wake=False)
    outcome = await hasty.again(run)
    assert [answer["verdict"] for answer in outcome.output] == ["rejected", "approved", "approved"]  # type: ignore[index, union-attr]


async def test_a_node_that_waits_and_works_side_by_side_goes_to_sleep_too(hasty: World, hands: Hands) -> None:
    run = await hasty.run(drawn(("n", "several", {"config": {"times": 0}}), "x", wires="n>x"))
    outcome = await hasty.engine.play(run)
    assert outcome.status == "waiting"
    hands.to(outcome.wake_at)
    assert (await hasty.again(run)).output == "x"


async def test_of_several_things_in_a_node_the_one_that_failed_is_told(world: World) -> None:
    outcome, _ = await world.play(drawn(("n", "several")))
    assert outcome.error is not None
    assert outcome.error["message"] == "The other side is away."
