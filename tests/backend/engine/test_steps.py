"""The wrapper of every node: tries, limits, error settings, and what may leave a node."""

from typing import Any

import pytest

from backend.engine import journal
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db

AGAIN = {"max_attempts": 3, "backoff_seconds": 0.02, "factor": 2}


async def test_a_failing_node_is_tried_again_until_it_works(world: World) -> None:
    outcome, run = await world.play(drawn(("t", "trouble", {"config": {"times": 2}, "retry": AGAIN})))
    assert outcome.output == 3
    kinds = [(e.kind, e.attempt) for e in await world.events(run) if e.node_id]
    assert kinds == [
        ("step.started", 1), ("step.retrying", 1), ("step.started", 2), ("step.retrying", 2),
        ("step.started", 3), ("step.succeeded", 3),
    ]  # fmt: skip


async def test_the_last_failure_fails_the_run_with_a_sentence_and_a_code(world: World) -> None:
    outcome, run = await world.play(
        drawn(("t", "trouble", {"name": "Töpf ☃", "retry": AGAIN}), "x", wires="t>x")
    )
    expected = {"code": "unavailable", "message": "The other side is away.", "node_id": "t", "path": ""}
    assert (outcome.status, outcome.error) == ("failed", expected)
    row = await world.row(run)
    assert (row.status, row.error) == ("failed", expected)
    assert (await world.events(run))[-1].kind == "run.failed"
    assert (await world.steps(run))["t"].attempt == 3


async def test_what_another_try_cannot_mend_is_not_tried_again(world: World) -> None:
    _, run = await world.play(drawn(("t", "trouble", {"config": {"hopeless": True}, "retry": AGAIN})))
    assert (await world.steps(run))["t"].attempt == 1


async def test_an_unexpected_exception_is_told_without_a_traceback(world: World) -> None:
    outcome, _ = await world.play(drawn(("t", "say", {"config": {"expression": "1/0"}})))
    assert outcome.error is not None
    assert outcome.error["code"] == "internal"
    assert outcome.error["message"] == "t failed unexpectedly: ZeroDivisionError: division by zero"


async def test_a_step_that_takes_too_long_is_stopped(world: World) -> None:
    diagram = drawn(("t", "trouble", {"config": {"seconds": 30}, "timeout_seconds": 0.05}))
    outcome, _ = await world.play(diagram)
    assert outcome.error is not None
    assert outcome.error["code"] == "timeout"
    assert "0.05 seconds" in outcome.error["message"]


async def test_an_error_leaves_by_the_error_port_where_it_is_wired(world: World) -> None:
    diagram = drawn(("t", "trouble", {"on_error": "route"}), "ok", ("bad", "end"), wires="t>ok t.error>bad")
    outcome, run = await world.play(diagram)
    assert outcome.status == "succeeded"
    assert outcome.output == {"code": "unavailable", "message": "The other side is away."}
    step = (await world.steps(run))["t"]
    assert (step.status, step.port) == ("failed", "error")


async def test_an_error_without_a_wire_to_take_is_not_swallowed(world: World) -> None:
    outcome, _ = await world.play(drawn(("t", "trouble", {"on_error": "route"}), "ok", wires="t>ok"))
    assert outcome.status == "failed"


async def test_a_default_output_takes_the_place_of_an_error(world: World) -> None:
    diagram = drawn(
        ("t", "trouble", {"on_error": "default", "default_output": [0]}), ("e", "end"), wires="t>e"
    )
    outcome, run = await world.play(diagram)
    assert outcome.output == [0]
    told = [e for e in await world.events(run) if e.kind == "step.succeeded" and e.node_id == "t"]
    assert told[0].data["error"]["code"] == "unavailable"


async def test_a_failure_lets_running_branches_end_and_starts_nothing_new(world: World) -> None:
    diagram = drawn(
        "s",
        ("t", "trouble"),
        ("slow", "say", {"config": {"seconds": 0.1}}),
        "after",
        wires="s>t s>slow slow>after",
    )
    outcome, run = await world.play(diagram)
    assert outcome.status == "failed"
    assert set(await world.steps(run)) == {"s", "t", "slow"}


@pytest.mark.parametrize(
    ("expression", "place"),
    [
        ("{'a': [1, float('nan')]}", "t.output.a[1]"),
        ("{'a': float('inf')}", "t.output.a"),
        ("{'n': 2**64}", "t.output.n"),
        ("{'s': chr(0xD800)}", "t.output.s"),
        ("{'s': 'a' + chr(0)}", "t.output.s"),
        ("{'s': b'bytes'}", "t.output.s"),
    ],
)
async def test_what_is_not_json_is_refused_with_its_place(world: World, expression: str, place: str) -> None:
    outcome, _ = await world.play(drawn(("t", "say", {"config": {"expression": expression}})))
    assert outcome.error is not None
    assert outcome.error["code"] == "not_json"
    assert place in outcome.error["message"]


async def test_an_output_over_the_limit_is_refused(world: World) -> None:
    outcome, _ = await world.play(drawn(("t", "say", {"config": {"expression": "'x' * 10_000_001"}})))
    assert outcome.error is not None
    assert outcome.error["code"] == "too_large"


ODD: list[Any] = [
    None, True, 0, -(2**63), 2**63 - 1, 0.1, 1e308, "", "☃ 👩‍👩‍👧 \u202eabc", "\\u0000", "null", {"$blob": "mine"}, [[[]]],
]  # fmt: skip


async def test_odd_but_legal_values_survive_the_round_trip(world: World) -> None:
    outcome, run = await world.play(
        drawn(("t", "say", {"config": {"expression": "input"}}), ("e", "end"), wires="t>e"), ODD
    )
    assert outcome.output == ODD
    stored = (await world.steps(run))["t"].output
    assert await journal.restored(world.database, world.team_id, stored) == ODD


async def test_what_a_node_emits_is_stored_with_its_success_and_progress_only_told(world: World) -> None:
    _, run = await world.play(drawn(("t", "emit")))
    kinds = [e.kind for e in await world.events(run)]
    assert kinds == ["run.started", "step.started", "event.emitted", "step.succeeded", "run.succeeded"]
    assert world.listener.told[0]["kind"] == "step.progress"
    assert world.listener.told[0]["seq"] is None
