"""Counts instructions a step in a process of its own: raw LangGraph, LangGraph with its SQLite saver, and our engine."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from backend.engine import tuning
from tests.backend.engine.kinds import chain
from tests.bench import _raw
from tests.bench._counted import Window
from tests.bench._house import claimed, on_sqlite

STEPS, WARM, RUNS = 50, 2, 3


async def _instructions(play: Callable[[int], Awaitable[Any]]) -> float:
    """Instructions a step, after a few runs that fill caches."""
    for number in range(WARM):
        await play(number)
    window = Window()
    window.open()
    for number in range(WARM, WARM + RUNS):
        await play(number)
    return window.close() / (RUNS * STEPS)


async def _raw_steps() -> float:
    graph = _raw.chain(STEPS)
    return await _instructions(lambda _n: graph.ainvoke({"said": ""}))


async def _stock_steps(folder: Path) -> float:
    async with aiosqlite.connect(folder / "stock.db") as connection:
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        await connection.execute("PRAGMA synchronous=NORMAL")
        graph = _raw.chain(STEPS, saver)

        async def play(number: int) -> None:
            config: Any = {"configurable": {"thread_id": str(number)}}
            await graph.ainvoke({"said": ""}, config, durability="sync")

        return await _instructions(play)


async def _our_steps() -> float:
    async with on_sqlite("NORMAL") as world:
        runs = await claimed(world, chain(STEPS), WARM + RUNS)

        async def play(number: int) -> None:
            outcome = await world.engine.play(runs[number])
            assert outcome.status == "succeeded"

        return await _instructions(play)


async def _measure() -> dict[str, float]:
    tuning.tune_gc()
    with tempfile.TemporaryDirectory() as folder:
        return {
            "raw": await _raw_steps(),
            "stock": await _stock_steps(Path(folder)),
            "ours": await _our_steps(),
        }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure())))
