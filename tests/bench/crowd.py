"""A thousand runs at once, each waiting a second and then playing three nodes: ours on disk, raw LangGraph without."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from backend.engine import tuning
from tests.backend.engine.world import World, drawn
from tests.bench import _raw
from tests.bench._house import claimed, on_postgres, on_sqlite
from tests.bench._rows import Row, row

CROWD, ROUNDS = 1000, 3
DIAGRAM = drawn(("w", "say", {"config": {"seconds": 1}}), "a", "b", "c", wires="w>a a>b b>c")


async def rows() -> list[Row]:
    """Rounds alternate with raw LangGraph's; the median of their ratios counts."""
    tuning.tune_gc()
    async with on_sqlite() as world:
        sqlite, raw, lag = await _rounds(world)
    async with on_postgres() as world:
        postgres, raw_beside, _ = await _rounds(world)
    against = "raw LangGraph, nothing stored"
    name = f"{CROWD} runs at once (1 s wait, 3 steps)"
    return [
        row(f"{name}, SQLite with fsync", sqlite, "x", 1.4, f"{against}: {raw:.2f} s"),
        row(f"{name}, PostgreSQL with fsync", postgres, "x", 2.6, f"{against}: {raw_beside:.2f} s"),
        row(f"longest lag of the event loop while {CROWD} runs start", lag, "ms", 100, "prototype: 49 ms"),
    ]


async def _rounds(world: World) -> tuple[float, float, float]:
    """The ratio, the seconds of raw LangGraph, and the longest lag of ours while runs start, in milliseconds."""
    graph = _raw.chain(4, first_waits=1)
    ratios: list[float] = []
    raws: list[float] = []
    lags: list[float] = []
    for _ in range(ROUNDS):
        raw, _ = await _crowd([lambda: graph.ainvoke({"said": ""})] * CROWD)
        runs = await claimed(world, DIAGRAM, CROWD)
        ours, lag = await _crowd([lambda run=run: world.engine.play(run) for run in runs])
        ratios.append(ours / raw)
        raws.append(raw)
        lags.append(lag)
    return statistics.median(ratios), statistics.median(raws), statistics.median(lags)


async def _crowd(plays: list[Callable[[], Awaitable[Any]]]) -> tuple[float, float]:
    """Seconds until all are done, and the longest lag while they come: ten in ten milliseconds, as the worker admits."""
    began = time.perf_counter()
    longest = 0.0
    async with asyncio.TaskGroup() as group:
        for number, play in enumerate(plays):
            if number % 10 == 9:
                due = time.perf_counter() + 0.01
                await asyncio.sleep(0.01)
                longest = max(longest, time.perf_counter() - due)
            group.create_task(_awaited(play))
    return time.perf_counter() - began, longest * 1000


async def _awaited(play: Callable[[], Awaitable[Any]]) -> None:
    await play()


if __name__ == "__main__":
    print(asyncio.run(rows()))
