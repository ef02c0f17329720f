"""Kept results: a hit takes the place of playing, and nothing that a result hangs on is overlooked."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db


def kept(expression: str, seconds: float = 600, **more: Any) -> dict[str, Any]:
    fields = {"config": {"expression": expression, "text": None}, "cache_seconds": seconds, **more}
    return drawn("a", ("c", "say", fields), ("e", "end"), wires="a>c c>e")


async def plays(world: World, diagram: dict[str, Any], given: Any = None) -> tuple[Any, str]:
    """The output, and how the node `c` came to it."""
    outcome, run = await world.play(diagram, given)
    ends = [
        e for e in await world.events(run) if e.node_id == "c" and e.kind in ("step.succeeded", "step.failed")
    ]
    return outcome.output, ends[0].data.get("given", "played")


async def test_an_equal_step_of_another_run_takes_the_kept_result(world: World) -> None:
    assert await plays(world, kept("input['n'] + 1"), {"n": 1}) == (2, "played")
    assert await plays(world, kept("input['n'] + 1"), {"n": 1}) == (2, "cached")
    assert sum(count for key, count in world.seen.times.items() if ":c:" in key) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((kept("input['n']"), {"n": 1}), (kept("input['n']"), {"n": 2})),
        ((kept("1"), None), (kept("2"), None)),
        ((kept("run['id']"), None), (kept("run['id']"), None)),
        ((kept("nodes['a']"), None), (kept("nodes['a']") | {"nodes": drawn(("a", "say", {"config": {"text": "b"}}))["nodes"] + kept("nodes['a']")["nodes"][1:]}, None)),
    ],
)  # fmt: skip
async def test_what_differs_is_played(world: World, first: Any, second: Any) -> None:
    assert (await plays(world, *first))[1] == "played"
    assert (await plays(world, *second))[1] == "played"


async def test_what_the_result_does_not_hang_on_does_not_matter(world: World) -> None:
    await plays(world, kept("40 + 2"), {"n": 1})
    assert await plays(world, kept("40 + 2", name="Other name"), {"n": 2}) == (42, "cached")


async def test_a_result_is_kept_for_its_time_and_for_its_team(world: World) -> None:
    await plays(world, kept("7"))
    async with world.database.transaction() as session:
        await (await session.connection()).execute(text("UPDATE step_cache SET expires_at = created_at"))
    assert await plays(world, kept("7")) == (7, "played")
    assert await plays(world, kept("7")) == (7, "cached")
    await world.settle()
    assert await plays(world, kept("7")) == (7, "played")


async def test_failures_are_not_kept(world: World) -> None:
    fields = {"cache_seconds": 600, "on_error": "default", "default_output": 0, "config": {"times": 1}}
    diagram = drawn(("c", "flaky", fields), ("e", "end"), wires="c>e")
    assert await plays(world, diagram) == (0, "played")
    assert await plays(world, diagram) == (2, "played")
    assert await plays(world, diagram) == (2, "cached")


async def test_big_results_are_kept_too_and_their_loss_is_noticed(world: World) -> None:
    diagram = kept("['x' * 500] * 100")
    first = await plays(world, diagram)
    assert await plays(world, diagram) == (first[0], "cached")
    async with world.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("DELETE FROM blob_use"))
        await connection.execute(text("DELETE FROM blob"))
    assert await plays(world, diagram) == first


async def test_a_step_leaves_by_the_port_it_left_by(world: World) -> None:
    fields = {"cache_seconds": 600, "config": {"port": "no", "text": 1}}
    diagram = drawn(("c", "say", fields), "y", "n", wires="c.yes>y c.no>n")
    assert [await plays(world, diagram) for _ in range(2)] == [("n", "played"), ("n", "cached")]
