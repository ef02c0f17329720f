"""State machines: entry, transitions by guard, event and time, exit actions, bounds, and going on after a standstill."""

import asyncio
from typing import Any

import pytest

from backend.engine.compile import CannotCompile, compiled
from backend.engine.ports import RunToPlay
from backend.workflows.diagram import Diagram
from tests.backend.engine.clockwork import Hands
from tests.backend.engine.kinds import Seen, kinds
from tests.backend.engine.world import World, drawn, falling_asleep

pytestmark = pytest.mark.db


def state(name: str, *transitions: Any, **config: Any) -> tuple[str, str, dict[str, Any]]:
    """A state in the machine `m`; a transition is a name, or a name and what else it says."""
    listed = [{"name": one} if isinstance(one, str) else {"name": one[0], **one[1]} for one in transitions]
    return name, "state", {"parent": "m", "config": {"transitions": listed, **config}}


def inside(name: str, parent: str, expression: str) -> tuple[str, str, dict[str, Any]]:
    return name, "say", {"parent": parent, "config": {"expression": expression, "text": None}}


def machine(*found: Any, wires: str, **config: Any) -> dict[str, Any]:
    return drawn(("m", "machine", {"config": config}), *found, ("e", "end"), wires=f"m>e {wires}")


def counting(limit: int = 3, **config: Any) -> dict[str, Any]:
    """Draft again and again until the count is there: a cycle of two states."""
    return machine(
        state("draft", "check", initial=True),
        inside("work", "draft", "(previous or 0) + 1"),
        state("check", ("good", {"guard": f"previous >= {limit}"}), "again"),
        inside("look", "check", "previous"),
        state("done", final=True),
        inside("last", "done", "[previous, index]"),
        wires="draft.check>check check.good>done check.again>draft",
        **config,
    )


async def kept(world: World, run: RunToPlay, kind: str) -> list[tuple[str | None, str, int, dict[str, Any]]]:
    return [(e.node_id, e.path, e.visit, e.data) for e in await world.events(run) if e.kind == kind]


async def test_states_are_entered_in_a_cycle_until_a_final_one(world: World) -> None:
    outcome, run = await world.play(counting())
    assert outcome.output == {"state": "done", "output": [3, 0], "transitions": 6}
    taken = await kept(world, run, "state.transition")
    assert [(node, visit, data["to"], data["number"]) for node, _, visit, data in taken] == [
        ("draft", 1, "check", 1), ("check", 1, "draft", 2), ("draft", 2, "check", 3),
        ("check", 2, "draft", 4), ("draft", 3, "check", 5), ("check", 3, "done", 6),
    ]  # fmt: skip
    assert {path for _, path, _, _ in taken} == {"m:0"}
    assert [world.seen.times[f"{run.run_id}:m:0/draft:{i}/work:1"] for i in range(4)] == [1, 1, 1, 0]


async def test_transitions_are_tried_from_the_top(world: World) -> None:
    diagram = machine(
        state("a", ("x", {"guard": "False"}), ("y", {"guard": "input > 1"}), ("z", {"guard": "input > 0"}), initial=True),
        state("b", final=True), state("c", final=True), state("d", final=True),
        wires="a.x>b a.y>c a.z>d",
    )  # fmt: skip
    for given, expected in ((5, "c"), (1, "d")):
        outcome, _ = await world.play(diagram, given)
        assert outcome.output["state"] == expected  # type: ignore[index, call-overload]
    outcome, _ = await world.play(diagram, 0)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["node_id"]) == ("machine_stuck", "a")
    assert outcome.error["message"].startswith("m, state a, visit 1: a cannot be left")


async def test_a_machine_is_bounded(world: World) -> None:
    outcome, run = await world.play(counting(1000, max_transitions=5))
    assert outcome.error is not None
    assert "has made 5 transitions without coming to a final state" in outcome.error["message"]
    assert len(await kept(world, run, "state.transition")) == 6


def order(**config: Any) -> dict[str, Any]:
    """Waits for a payment, which must be enough, or for a cancellation."""
    return machine(
        state("open", ("paid", {"event": "paid", "guard": "event['data'] >= 10"}), ("off", {"event": "off"}), initial=True),
        inside("ask", "open", "'asked'"),
        ("x", "exit", {"parent": "open"}),
        inside("thank", "open", "[previous, event['name'], nodes['x']['transition']]"),
        state("sent", final=True), inside("send", "sent", "event['data'] * 2"),
        state("void", final=True),
        wires="x>thank open.paid>sent open.off>void",
        **config,
    )  # fmt: skip


async def test_events_are_told_apart_by_what_they_are_about(world: World) -> None:
    diagram = machine(
        state("open", ("a", {"event": "paid", "key": "7"}), ("b", {"event": "paid", "key": "8"}), initial=True),
        state("seven", final=True), state("eight", final=True), wires="open.a>seven open.b>eight",
    )  # fmt: skip
    run = await world.run(diagram)
    playing = asyncio.create_task(world.engine.play(run))
    while (await world.scalar("SELECT count(*) FROM event_wait")) < 2:
        await asyncio.sleep(0.005)
    await world.signal(run, "paid")
    await world.signal(run, "paid", key="8")
    outcome = await playing
    assert outcome.output == {"state": "eight", "output": None, "transitions": 1}
    assert await kept(world, run, "state.ignored") == []
    assert await world.scalar("SELECT count(*) FROM event_wait") == 0


async def test_a_state_waits_for_the_events_of_its_transitions(world: World) -> None:
    run = await world.run(order())
    playing = asyncio.create_task(world.engine.play(run))
    while not any(e["kind"] == "step.waiting" for e in world.listener.rows):
        await asyncio.sleep(0.005)
    small = await world.signal(run, "paid", 3)
    enough = await world.signal(run, "paid", 12)
    outcome = await playing
    assert outcome.output == {"state": "sent", "output": 24, "transitions": 1}
    assert [data["signal"] for *_, data in await kept(world, run, "state.ignored")] == [small]
    assert [data["signal"] for *_, data in await kept(world, run, "state.transition")] == [enough]
    steps = await world.steps(run)
    assert steps["m:0/open:0/thank"].output == ["asked", "paid", "paid"]
    waiting = [data for *_, data in await kept(world, run, "step.waiting")]
    assert [(data["for"], [one["name"] for one in data["events"]]) for data in waiting] == [
        ("event", ["paid", "off"])
    ]


async def test_an_event_that_comes_early_is_kept_for_the_state_that_waits_for_it(world: World) -> None:
    run = await world.run(order())
    await world.signal(run, "other", wake=False)
    await world.signal(run, "off", wake=False)
    run = await world.claim(run.run_id, run.diagram)  # with history: its inbox is read
    outcome = await world.engine.play(run)
    assert outcome.output["state"] == "void"  # type: ignore[index, call-overload]


async def test_a_waiting_machine_holds_nothing_and_goes_on_without_playing_again(hasty: World) -> None:
    run = await hasty.run(order())
    outcome = await hasty.engine.play(run)
    row = await hasty.row(run)
    assert (outcome.status, row.status, row.wake_at) == ("waiting", "waiting_event", None)
    await hasty.signal(run, "paid", 1, wake=False)
    assert (await hasty.again(run)).status == "waiting"
    assert (
        await hasty.row(run)
    ).status == "waiting_event"  # the event that was ignored does not keep it awake
    await hasty.signal(run, "paid", 20, wake=False)
    outcome = await hasty.again(run)
    assert outcome.output == {"state": "sent", "output": 40, "transitions": 1}
    assert set(hasty.seen.times.values()) == {1}


async def test_a_signal_that_comes_while_the_run_falls_asleep_wakes_it(hasty: World) -> None:
    run = await hasty.run(order())
    async with falling_asleep(hasty, run) as playing:
        await hasty.signal(run, "paid", 20, wake=False)
    assert (await playing).status == "succeeded"


async def test_a_state_is_left_after_a_time(hasty: World, hands: Hands) -> None:
    diagram = machine(
        state("open", ("never", {"event": "never"}), ("no", {"after": 0.2, "guard": "False"}), ("late", {"after": 0.3}), initial=True),
        state("sent", final=True), state("void", final=True),
        wires="open.never>sent open.no>sent open.late>void",
    )  # fmt: skip
    outcome, run = await hasty.play(diagram)
    assert outcome.status == "waiting"
    assert (await hasty.row(run)).wake_at is not None
    while outcome.status == "waiting":
        hands.to(outcome.wake_at)
        outcome = await hasty.again(run)
    assert outcome.output["state"] == "void"  # type: ignore[index, call-overload]
    assert len(await kept(hasty, run, "step.waiting")) == 1


@pytest.mark.parametrize(("data", "left_for"), [(12, "sent"), (3, "void")])
async def test_an_event_that_came_in_time_is_looked_at_before_the_time_counts(
    world: World, hands: Hands, data: int, left_for: str
) -> None:
    """Also where its wake-up is late."""
    diagram = machine(
        state("open", ("paid", {"event": "paid", "guard": "event['data'] >= 10"}), ("late", {"after": 0.3}), initial=True),
        state("sent", final=True), state("void", final=True), wires="open.paid>sent open.late>void",
    )  # fmt: skip
    run = await world.run(diagram)
    playing = asyncio.ensure_future(world.engine.play(run))
    await world.told("step.waiting", "open")
    await world.signal(run, "paid", data, wake=False)
    hands.on(0.3)
    assert (await playing).output["state"] == left_for  # type: ignore[index, call-overload]
    assert len(await kept(world, run, "state.ignored")) == (left_for == "void")


async def test_each_event_is_taken_once_also_by_a_cycle(world: World) -> None:
    diagram = machine(
        state("a", ("go", {"event": "go"}), initial=True),
        state("b", ("go", {"event": "go"})),
        state("c", final=True), inside("last", "c", "event['data']"),
        wires="a.go>b b.go>c",
    )  # fmt: skip
    run = await world.run(diagram)
    for number in (1, 2, 3):
        await world.signal(run, "go", number, wake=False)
    run = await world.claim(run.run_id, run.diagram)
    assert (await world.engine.play(run)).output == {"state": "c", "output": 2, "transitions": 2}


async def test_a_failing_state_fails_the_machine_or_leaves_by_its_error_port(world: World) -> None:
    def wrong(**fields: Any) -> dict[str, Any]:
        name, kind, given = state("a", "next", initial=True)
        return machine(
            (name, kind, given | fields), ("bad", "trouble", {"parent": "a", "config": {"hopeless": True}}),
            state("b", final=True), state("sorry", final=True), inside("why", "sorry", "previous['code']"),
            wires="a.next>b" + (" a.error>sorry" if fields else ""),
        )  # fmt: skip

    outcome, _ = await world.play(wrong())
    assert outcome.error is not None
    assert outcome.error["message"] == "m, state a, visit 1: a, on entry: This is wrong."
    outcome, _ = await world.play(wrong(on_error="route"))
    assert outcome.output["output"] == "invalid"  # type: ignore[index, call-overload]


async def test_machines_stand_in_maps_and_states_hold_maps(world: World) -> None:
    diagram = drawn(
        ("all", "map"), ("m", "machine", {"parent": "all"}),
        state("a", "next", initial=True), ("each", "map", {"parent": "a", "config": {"items": "[item, item]"}}),
        inside("one", "each", "item + index"), state("b", final=True), inside("sum", "b", "sum(nodes['a'])"),
        ("e", "end"), wires="all>e a.next>b",
    )  # fmt: skip
    outcome, run = await world.play(diagram, [1, 10])
    assert [one["output"] for one in outcome.output] == [3, 21]  # type: ignore[union-attr, index, call-overload]
    assert "all:1/m:0/a:0/each:1/one" in await world.steps(run)


async def test_a_cancel_ends_a_waiting_machine(world: World) -> None:
    run = await world.run(order())
    playing = asyncio.create_task(world.engine.play(run))
    while not any(e["kind"] == "step.waiting" for e in world.listener.rows):
        await asyncio.sleep(0.005)
    world.engine.stop(run.run_id, "cancel")
    assert (await playing).status == "cancelled"


def test_a_machine_that_cannot_be_played_is_refused() -> None:
    diagram = Diagram.model_validate(machine(state("a", "next"), wires=""))
    with pytest.raises(CannotCompile) as wrong:
        compiled(diagram, kinds(Seen()))
    assert {p.code for p in wrong.value.problems} == {"no_initial_state", "transition_to_nowhere"}
