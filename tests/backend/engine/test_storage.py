"""What a run leaves in the database: flat however long it is, shared where it is alike, and there again after a rest."""

import itertools
from typing import Any

import pytest
from pydantic import JsonValue
from sqlmodel import select

from backend.runs.models import BlobUse
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db

TABLES = {
    "step": "COALESCE(LENGTH(CAST(input AS TEXT)),0) + COALESCE(LENGTH(CAST(output AS TEXT)),0) + 250",
    "run_event": "LENGTH(CAST(data AS TEXT)) + 150",
    "blob": "LENGTH(data) + 150",
    "blob_use": "200",
    "checkpoint": "LENGTH(data) + LENGTH(CAST(about AS TEXT)) + 250",
    "checkpoint_write": "LENGTH(data) + 250",
    "run": "COALESCE(LENGTH(CAST(output AS TEXT)),0)",
}


async def stored(world: World) -> int:
    total = 0
    for table, size in TABLES.items():
        total += int(await world.scalar(f"SELECT COALESCE(SUM({size}), 0) FROM {table}"))  # noqa: S608 - our own words
    return total


def growing(turns: int, item: str) -> dict[str, Any]:
    """A loop whose list is one item longer after each turn."""
    loop = {"id": "l", "kind": "loop", "config": {"max_iterations": turns}}
    body = {"id": "b", "kind": "say", "parent": "l", "config": {"expression": f"(previous or []) + [{item}]"}}
    return {"nodes": [loop, body], "wires": []}


@pytest.mark.parametrize("item", ["'%06d' % index + 'x' * 1000", "str(hash(str(index)) % 10**9) * 111"])
async def test_a_growing_list_costs_what_is_new_in_it(world: World, item: str) -> None:
    async def bytes_a_step(turns: int) -> float:
        before = await stored(world)
        outcome, run = await world.play(growing(turns, item))
        assert isinstance(outcome.output, list)
        assert len(outcome.output) == turns
        taken = await stored(world) - before
        assert taken * 0.7 < (await world.row(run)).bytes < taken * 1.3
        return taken / turns

    short, long = await bytes_a_step(60), await bytes_a_step(240)
    assert long < 5_000
    assert long < short * 1.2


async def test_the_bytes_of_a_step_do_not_grow_with_the_run(world: World) -> None:
    async def bytes_a_step(count: int) -> float:
        before = await stored(world)
        await world.play(chain(count, {"text": "x" * 500}))
        return (await stored(world) - before) / count

    short, long = await bytes_a_step(100), await bytes_a_step(400)
    assert long < short * 1.1
    assert long < 3000


async def test_big_values_are_stored_once_for_all_steps_and_runs(world: World) -> None:
    ids = [f"n{i}" for i in range(6)]
    diagram = drawn(
        *[(i, "say", {"config": {"text": None, "expression": "input"}}) for i in ids],
        wires=" ".join(f"{a}>{b}" for a, b in itertools.pairwise(ids)),
    )
    big: JsonValue = {"text": "".join(str(n) for n in range(5_000))}
    _, run = await world.play(diagram, big)
    first = await world.blobs()
    assert sum(len(blob.data) for blob in first) < 20_000
    steps = await world.steps(run)
    assert steps["n5"].output == steps["n0"].output
    assert steps["n5"].output.keys() == {"$blob", "bytes"}
    assert steps["n5"].input == {"n4": steps["n4"].output}
    _, other = await world.play(diagram, big)
    assert len(await world.blobs()) == len(first)
    async with world.database.reading() as session:
        uses = (await session.exec(select(BlobUse.run_id, BlobUse.digest))).all()
    digests = {blob.digest for blob in first}
    assert set(uses) == {(r.run_id, digest) for r in (run, other) for digest in digests}


async def test_big_values_are_there_again_after_a_rest(hasty: World) -> None:
    """Exactly: with their keys in the order in which they came, and numbers of the type that they had."""
    value = "{'z': ['%05d' % n for n in range(9000)], 'a': {str(n): n / 8 for n in range(99, 0, -1)}, 'f': 1e22, 'g': 2.0}"
    diagram = drawn(
        ("big", "say", {"config": {"expression": value}}),
        ("small", "say", {"config": {"expression": "{'z': 1e22, 'a': [2.0, -0.0]}"}}),
        "ask",
        ("q", "ask"),
        ("seen", "say", {"config": {"expression": "[repr(nodes['big']), repr(nodes['small'])]"}}),
        wires="big>q small>q q.approved>seen",
    )
    outcome, run = await hasty.play(diagram)
    assert outcome.status == "waiting"
    await hasty.answer(run, hasty.questions.asked[0][0], wake=False)
    outcome = await hasty.again(run)
    assert outcome.status == "succeeded"
    assert isinstance(outcome.output, dict)
    assert outcome.output["seen"] == [repr(eval(value)), "{'z': 1e+22, 'a': [2.0, -0.0]}"]  # noqa: S307 - our own text


async def test_what_a_run_wrote_before_it_was_let_go_is_not_needed_to_write_it_again(world: World) -> None:
    """Another process knows nothing of what the first has stored: it offers every piece anew, and all stays as it was."""
    diagram = growing(12, "'%06d' % index + 'x' * 1000")
    first, _ = await world.play(diagram)
    pieces = len(await world.blobs())
    second, _ = await world.play(diagram)
    assert second.output == first.output
    assert len(await world.blobs()) == pieces
