"""The engine's work a durable step against raw LangGraph and LangGraph's own SQLite saver, and how branches overtake."""

import asyncio
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from backend.engine import tuning
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World, drawn
from tests.bench import _counted, _raw
from tests.bench._house import claimed, on_sqlite
from tests.bench._rows import Row, row

STEPS, ROUNDS = 50, 15
Play = Callable[[int], Awaitable[Any]]


async def rows() -> list[Row]:
    """Instructions where they can be counted, CPU time in alternating rounds always."""
    tuning.tune_gc()
    return [*await _instructions(), *await _cpu(), await _overtaking()]


async def _instructions() -> list[Row]:
    chosen = _counted.counter()
    if chosen is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        found = json.loads((await _counted.counted(chosen, "tests.bench._steps", folder)).splitlines()[-1])
    name = f"instructions a durable step ({chosen[0]}, chain of {STEPS}, SQLite NORMAL)"
    raw, stock, ours = found["raw"], found["stock"], found["ours"]
    return [
        row(name, ours / raw, "x", 1.7, f"raw LangGraph, nothing stored: {raw / 1e6:.2f} M"),
        row(name, ours / stock, "x", 1.0, f"LangGraph with AsyncSqliteSaver, sync: {stock / 1e6:.2f} M"),
        row("instructions a durable step", ours / 1e6, "M", None, "absolute"),
    ]


async def _cpu() -> list[Row]:
    """CPU time of all threads and of the kernel for them, which raw LangGraph, storing nothing, has no use for: no limit.

    Rounds alternate, since the machine is shared; the median of their ratios counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        async with aiosqlite.connect(Path(folder) / "stock.db") as connection, on_sqlite("NORMAL") as world:
            plays = [_raw_play(), await _stock_play(connection), await _our_play(world)]
            for play in plays:
                await play(0)
            found = [[await _cpu_of(play, number) for play in plays] for number in range(1, ROUNDS + 1)]
    raw, stock, ours = (min(times[which] for times in found) for which in range(3))
    name = f"CPU a durable step (chain of {STEPS}, SQLite NORMAL)"
    by_raw = statistics.median(times[2] / times[0] for times in found)
    by_stock = statistics.median(times[2] / times[1] for times in found)
    return [
        row(name, by_raw, "x", None, f"raw LangGraph, nothing stored: {raw:.0f} us"),
        row(name, by_stock, "x", 1.0, f"LangGraph with AsyncSqliteSaver, sync: {stock:.0f} us"),
        row("CPU a durable step, the best round", ours, "us", None, "absolute"),
    ]


async def _cpu_of(play: Play, number: int) -> float:
    """Microseconds a step."""
    gc.collect()
    before = time.process_time()
    await play(number)
    return (time.process_time() - before) / STEPS * 1e6


def _raw_play() -> Play:
    graph = _raw.chain(STEPS)
    return lambda _number: graph.ainvoke({"said": ""})


async def _stock_play(connection: aiosqlite.Connection) -> Play:
    saver = AsyncSqliteSaver(connection)
    await saver.setup()
    await connection.execute("PRAGMA synchronous=NORMAL")
    graph = _raw.chain(STEPS, saver)

    async def play(number: int) -> None:
        config: Any = {"configurable": {"thread_id": str(number)}}
        await graph.ainvoke({"said": ""}, config, durability="sync")

    return play


async def _our_play(world: World) -> Play:
    runs = await claimed(world, chain(STEPS), ROUNDS + 1)

    async def play(number: int) -> None:
        outcome = await world.engine.play(runs[number])
        assert outcome.status == "succeeded"

    return play


async def _overtaking() -> Row:
    """By how much a node comes late because its neighbour's branch is slow."""
    diagram = drawn("s", ("slow", "say", {"config": {"seconds": 0.3}}), "f1", "f2", wires="s>slow s>f1 f1>f2")
    late: list[float] = []
    async with on_sqlite() as world:
        for _ in range(5):
            await world.play(diagram)
            late.append((world.seen.at["f2"] - world.seen.at["slow"]) * 1000)
    name = "delay of a fast branch's second node beside a branch of 300 ms, fsync"
    return row(name, statistics.median(late), "ms", 20, "stock LangGraph: 300 ms")


if __name__ == "__main__":
    print(asyncio.run(rows()))
