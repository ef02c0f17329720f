"""Signals and team events: kept until somebody waits for them, received once, and stronger than sleep and crashes."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from pydantic import JsonValue
from sqlmodel import select

from backend.core import clock
from backend.engine import signals as form
from backend.engine.live import LiveRun
from backend.engine.ports import NewEvent, Outcome, RunToPlay
from backend.runs import signals
from backend.runs.models import EventWait, InboxItem
from tests.backend.engine.clockwork import Hands
from tests.backend.engine.world import World, drawn, falling_asleep

pytestmark = pytest.mark.db

HEAR = ("h", "hear", {})


async def send(
    world: World, run: RunToPlay, data: JsonValue, *, name: str = "paid", key: str = "", wake: bool = False
) -> tuple[str, JsonValue]:
    """As the signal service does: a row, then the wake-up; what lies where in the inbox."""
    at = clock.now()
    inbox_key = form.inbox_key(name, key, f"id-{data}")
    payload: JsonValue = {"name": name, "key": key, "data": data, "at": at.isoformat(), "by": "p"}
    async with world.database.transaction() as session:
        session.add(
            InboxItem(run_id=run.run_id, key=inbox_key, team_id=world.team_id, payload=payload, at=at)
        )
    if wake:
        world.engine.deliver(run.run_id, inbox_key, payload)
    return inbox_key, payload


async def waits(world: World) -> list[EventWait]:
    async with world.database.reading() as session:
        return list((await session.exec(select(EventWait))).all())


async def until_it_waits(world: World) -> None:
    while not await waits(world):
        await asyncio.sleep(0.01)


async def output(world: World, run: RunToPlay, outcome: Outcome) -> JsonValue:
    """What the run gives; on a slow machine it had fallen asleep before the signal came, and its sender queues it."""
    return (outcome if outcome.status == "succeeded" else await world.again(run)).output


async def test_a_signal_wakes_the_step_that_waits_for_it(world: World) -> None:
    run = await world.run(drawn(HEAR, "yes", ("e", "end"), wires="h.received>e h.timed_out>yes"))
    playing = asyncio.ensure_future(world.engine.play(run))
    await until_it_waits(world)
    await send(world, run, 5, wake=True)
    assert await output(world, run, await playing) == 5
    assert await waits(world) == []
    told = [(e.kind, e.data.get("name")) for e in await world.events(run) if e.node_id == "h"]
    assert ("event.received", "paid") in told


async def test_a_signal_that_comes_before_the_wait_is_kept(world: World) -> None:
    run = await world.run(drawn("s", HEAR, ("e", "end"), wires="s>h h.received>e"))
    await send(world, run, 7)
    assert (await world.engine.play(run)).output == 7


async def test_each_signal_is_received_once_and_the_oldest_first(world: World) -> None:
    diagram = drawn(
        ("l", "loop", {"config": {"until": "index == 2"}}), ("h", "hear", {"parent": "l"}),
        ("j", "say", {"parent": "l", "config": {"text": None, "expression": "(previous or []) + [nodes['h']]"}}),
        ("e", "end"), wires="h.received>j l>e",
    )  # fmt: skip
    run = await world.run(diagram)
    for data in (3, 1):
        await send(world, run, data)
    playing = asyncio.ensure_future(world.engine.play(run))
    while len([s for s in (await world.steps(run)).values() if s.node_id == "h"]) < 2:
        await asyncio.sleep(0.01)
    await send(world, run, 2, wake=True)
    assert await output(world, run, await playing) == [3, 1, 2]


async def test_two_steps_that_wait_for_the_same_get_one_signal_each(hasty: World) -> None:
    diagram = drawn(
        "s", ("a", "hear", {}), ("b", "hear", {}), ("j", "join"), ("e", "say", {"config": {"text": None}}),
        wires="s>a s>b a.received>j b.received>j j>e",
    )  # fmt: skip
    run = await hasty.run(diagram)
    assert (await hasty.engine.play(run)).status == "waiting"
    await send(hasty, run, 1)
    assert (await hasty.again(run)).status == "waiting"
    await send(hasty, run, 2)
    assert (await hasty.again(run)).status == "succeeded"
    steps = await hasty.steps(run)
    assert {steps["a"].output, steps["b"].output} == {1, 2}


@pytest.mark.parametrize(
    ("name", "key"), [("paid", "a"), ("paid", "a:b:c"), ("paid.late", "a:b"), ("paid", "A:B")]
)
async def test_other_names_and_keys_are_other_signals(world: World, name: str, key: str) -> None:
    diagram = drawn(
        ("h", "hear", {"config": {"key": "'a:b'", "seconds": 0.3}}), "late", ("e", "end"),
        wires="h.received>e h.timed_out>late",
    )  # fmt: skip
    run = await world.run(diagram)
    await send(world, run, 1, name=name, key=key)
    assert (await world.engine.play(run)).output == "late"


async def test_a_wait_ends_at_its_moment_also_in_a_run_that_sleeps(hasty: World, hands: Hands) -> None:
    diagram = drawn(("h", "hear", {"config": {"seconds": 0.6}}), "late", wires="h.timed_out>late")
    run = await hasty.run(diagram)
    outcome = await hasty.engine.play(run)
    row = await hasty.row(run)
    assert (outcome.status, row.status) == ("waiting", "waiting_event")
    hands.to(row.wake_at)
    assert (await hasty.again(run)).output == "late"
    assert await waits(hasty) == []


async def test_a_sleeping_run_is_woken_by_a_signal(hasty: World) -> None:
    run = await hasty.run(drawn("s", HEAR, ("e", "end"), wires="s>h h.received>e"))
    assert (await hasty.engine.play(run)).status == "waiting"
    row = await hasty.row(run)
    assert (row.status, row.wake_at, hasty.engine.playing()) == ("waiting_event", None, ())
    await send(hasty, run, {"n": 1})
    assert (await hasty.again(run)).output == {"n": 1}
    assert hasty.seen.times[f"{run.run_id}:s:1"] == 1


async def test_a_signal_whose_wake_up_is_lost_keeps_the_run_awake(hasty: World) -> None:
    run = await hasty.run(drawn(HEAR, ("e", "end"), wires="h.received>e"))
    playing = asyncio.ensure_future(hasty.engine.play(run))
    await until_it_waits(hasty)
    await send(hasty, run, 9)
    assert await output(hasty, run, await playing) == 9


async def test_a_signal_that_came_in_time_is_received_also_when_its_wake_up_is_late(
    world: World, hands: Hands
) -> None:
    diagram = drawn(
        ("h", "hear", {"config": {"seconds": 0.3}}),
        "late",
        ("e", "end"),
        wires="h.received>e h.timed_out>late",
    )
    run = await world.run(diagram)
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.told("step.waiting", "h")
    await send(world, run, 5)
    hands.on(0.3)
    assert (await playing).output == 5
    assert await waits(world) == []


async def test_a_signal_that_comes_while_its_wait_is_announced_is_received_also_beside_a_long_step(
    hasty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = ("long", "trouble", {"config": {"seconds": 600}})
    run = await hasty.run(drawn("s", HEAR, "yes", long, wires="s>h s>long h.received>yes"))
    note = LiveRun.note

    async def came(noted: Awaitable[None]) -> None:
        await noted
        await send(hasty, run, 5, wake=True)

    def noted(live: LiveRun, *events: NewEvent, **more: Any) -> Awaitable[None]:
        stored = note(live, *events, **more)
        return came(stored) if events[0].kind == "step.waiting" else stored

    monkeypatch.setattr(LiveRun, "note", noted)
    await hasty.until_at("yes", run)


async def test_a_signal_that_comes_while_the_run_falls_asleep_keeps_it_awake(hasty: World) -> None:
    run = await hasty.run(drawn(HEAR, ("e", "end"), wires="h.received>e"))
    async with falling_asleep(hasty, run) as playing:
        key, payload = await send(hasty, run, 9)
    hasty.engine.deliver(run.run_id, key, payload)
    outcome = await playing
    assert (outcome.status, outcome.output) == ("succeeded", 9)


async def test_another_try_receives_the_same_signal_also_after_a_restart(hasty: World, hands: Hands) -> None:
    retry = {"max_attempts": 3, "backoff_seconds": 0.4, "factor": 1}
    diagram = drawn(
        ("h", "hear", {"config": {"fails": 2}, "retry": retry}), ("i", "hear", {}), ("e", "say", {"config": {"text": None}}),
        wires="h.received>i i.received>e h.received>e",
    )  # fmt: skip
    run = await hasty.run(diagram)
    await send(hasty, run, 1)
    await send(hasty, run, 2)
    outcome = await hasty.engine.play(run)
    for _ in range(2):
        assert outcome.status == "waiting"
        hands.to(outcome.wake_at)
        outcome = await hasty.again(run)
    assert outcome.output == {"h": 1, "i": 2}
    assert (await hasty.steps(run))["h"].attempt == 3


async def test_an_event_of_one_run_wakes_another_of_the_team(hasty: World) -> None:
    waiting = drawn(("h", "hear", {"config": {"key": "input"}}), ("e", "end"), wires="h.received>e")
    hers, other = await hasty.run(waiting, "42"), await hasty.run(waiting, "43")
    for run in (hers, other):
        assert (await hasty.engine.play(run)).status == "waiting"
    outcome, _ = await hasty.play(drawn(("t", "tell", {"config": {"key": "'42'", "data": [1]}})))
    assert outcome.status == "succeeded"
    await send_on(hasty)
    assert [(await hasty.row(run)).status for run in (hers, other)] == ["queued", "waiting_event"]
    assert (await hasty.again(hers)).output == [1]


async def test_an_event_counts_from_the_moment_a_run_began(world: World) -> None:
    diagram = drawn(HEAR, ("e", "end"), wires="h.received>e")
    await world.play(drawn(("t", "tell", {"config": {"data": "too early"}})))
    run = await world.run(diagram)
    await world.play(drawn(("t", "tell", {"config": {"data": "before the wait"}})))
    await send_on(world)
    assert (await world.engine.play(run)).output == "before the wait"


async def test_what_a_failed_step_wanted_to_tell_is_not_told(world: World) -> None:
    diagram = drawn(("t", "tell", {"config": {"key": "1/0"}}))
    outcome, _ = await world.play(diagram)
    assert outcome.status == "failed"
    assert await world.scalar("SELECT COUNT(*) FROM team_event") == 0


async def send_on(world: World) -> None:
    """As every worker's bus does."""
    async with world.database.transaction() as session:
        assert await signals.send_on(session) > 0
    async with world.database.reading() as session:
        assert not await signals.anything_to_send_on(session)


async def test_waits_do_not_outlive_their_run(world: World) -> None:
    diagram: dict[str, Any] = drawn(
        "s", HEAR, ("t", "trouble", {"config": {"seconds": 0.1}}), wires="s>h s>t"
    )
    outcome, _ = await asyncio.wait_for(world.play(diagram), 120)
    assert outcome.status == "failed"
    assert await waits(world) == []
