"""Pure steps may be ahead of the disk; nothing that acts begins before all that came before it is durable."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from backend.core import db
from backend.engine import writer
from backend.engine.batch import Failures
from backend.engine.engine import Engine
from backend.engine.live import MOST_AHEAD
from backend.engine.records import Commit, StoreLost
from backend.engine.writer import Store, Writer, open_writer
from tests.backend.engine.kinds import chain, contexts
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db


class Gate:
    """A store that can be held shut, counts its transactions, and can lose the commit of one step."""

    def __init__(self, inner: Store) -> None:
        self.inner, self.open, self.batches, self.lose = inner, asyncio.Event(), 0, ""
        self.open.set()

    async def apply(self, batch: Sequence[Commit]) -> Failures:
        await self.open.wait()
        self.batches += 1
        if any(step.node_id == self.lose for commit in batch for step in commit.steps):
            raise StoreLost("The disk is full.")
        return await self.inner.apply(batch)

    async def close(self) -> None:
        await self.inner.close()


async def gated(database: db.Database) -> tuple[World, Gate]:
    """A world in which `say` is pure and `trouble` acts."""
    real = await open_writer(database)
    gate = Gate(real._store)
    world = World(database, Writer(gate, database))
    world.kinds = {**world.kinds, "say": replace(world.kinds["say"], pure=True)}
    world.engine = Engine(world.writer, contexts, world.listener, world.questions, kinds=world.kinds)
    await world.settle()
    return world, gate


async def until(condition: Any) -> None:
    async with asyncio.timeout(120):
        while not condition():
            await asyncio.sleep(0.005)


async def test_pure_steps_run_ahead_and_what_acts_waits_for_the_disk(database: db.Database) -> None:
    world, gate = await gated(database)
    acts = ("d", "trouble", {"config": {"times": 0}})
    run = await world.run(drawn("a", "b", "c", acts, "e", wires="a>b b>c c>d d>e"))
    gate.open.clear()
    playing = asyncio.ensure_future(world.engine.play(run))
    await until(lambda: "c" in world.seen.at)
    await asyncio.sleep(0.1)
    assert "d" not in world.seen.at, "a step that acts began before its past was durable"
    assert not [row for row in world.listener.rows if row["node_id"]], "shown before it was durable"
    gate.open.set()
    assert (await playing).status == "succeeded"
    told = [row["node_id"] for row in world.listener.rows if row["kind"] == "step.succeeded"]
    assert told == ["a", "b", "c", "d", "e"]
    await world.events(run)
    await world.writer.close()


async def test_a_run_of_pure_steps_is_one_transaction(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beginning, its steps and its end are numbered in their order; only the end is waited for."""
    monkeypatch.setattr(writer, "GATHER_SECONDS", 3600)
    world, gate = await gated(database)
    run = await world.run(chain(5))
    assert (await world.engine.play(run)).status == "succeeded"
    assert gate.batches == 1
    kinds = [event.kind for event in await world.events(run)]
    assert (kinds[0], kinds[-1]) == ("run.started", "run.succeeded")
    await world.writer.close()


async def test_a_chain_of_pure_steps_needs_few_transactions_and_is_never_far_ahead(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "GATHER_SECONDS", 3600)  # else a slow machine gathers little in it
    world, gate = await gated(database)
    run = await world.run(chain(3 * MOST_AHEAD))
    gate.open.clear()
    playing = asyncio.ensure_future(world.engine.play(run))
    await until(lambda: len(world.seen.at) == MOST_AHEAD)
    await asyncio.sleep(0.1)
    assert len(world.seen.at) == MOST_AHEAD
    gate.open.set()
    assert (await playing).status == "succeeded"
    assert gate.batches < 20
    assert len(await world.steps(run)) == 3 * MOST_AHEAD
    await world.writer.close()


async def test_nothing_is_stored_behind_a_commit_that_was_lost(database: db.Database) -> None:
    world, gate = await gated(database)
    run = await world.run(chain(10))
    gate.lose = "n4"
    gate.open.clear()
    playing = asyncio.ensure_future(world.engine.play(run))
    await until(lambda: "n9" in world.seen.at)
    gate.open.set()
    assert (await playing).status == "fenced"
    done = {row["node_id"] for row in world.listener.rows if row["kind"] == "step.succeeded"}
    assert set(await world.steps(run)) == done
    assert not done & {f"n{n}" for n in range(4, 10)}
    gate.lose = ""
    assert (await world.again(run)).status == "succeeded"
    assert len(await world.steps(run)) == 10
    await world.events(run)
    await world.writer.close()
