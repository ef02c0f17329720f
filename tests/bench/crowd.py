"""A thousand runs at once, each waiting a second and then playing three nodes: ours on disk, raw LangGraph without."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlmodel import col, update

from backend.core import db, log
from backend.engine import tuning
from backend.engine.ports import RunToPlay
from backend.runs.models import Run
from backend.worker.claimer import Claimer
from backend.worker.lease import Lease
from backend.worker.player import Player
from tests.backend.engine.world import World, drawn
from tests.bench import _raw
from tests.bench._house import claimed, on_postgres, on_sqlite
from tests.bench._rows import Row, row
from tests.conftest import forget_settings

CROWD, ROUNDS = 1000, 3
DIAGRAM = drawn(("w", "say", {"config": {"seconds": 1}}), "a", "b", "c", wires="w>a a>b b>c")


async def rows() -> list[Row]:
    """Rounds alternate with raw LangGraph's; the median of their ratios counts."""
    log.configure()
    tuning.tune_gc()
    async with on_sqlite() as world:
        sqlite, raw = await _rounds(world)
        lag = statistics.median([await _lag(world) for _ in range(ROUNDS)])
    async with on_postgres() as world:
        postgres, raw_beside = await _rounds(world)
    against = "raw LangGraph, nothing stored"
    name = f"{CROWD} runs at once (1 s wait, 3 steps)"
    return [
        row(f"{name}, SQLite with fsync", sqlite, "x", 1.4, f"{against}: {raw:.2f} s"),
        row(f"{name}, PostgreSQL with fsync", postgres, "x", 2.6, f"{against}: {raw_beside:.2f} s"),
        row(f"longest lag of the event loop while {CROWD} runs start", lag, "ms", 100, "prototype: 49 ms"),
    ]


async def _rounds(world: World) -> tuple[float, float]:
    """The ratio, and the seconds of raw LangGraph."""
    graph = _raw.chain(4, first_waits=1)
    ratios: list[float] = []
    raws: list[float] = []
    for _ in range(ROUNDS):
        raw = await _crowd([lambda: graph.ainvoke({"said": ""})] * CROWD)
        runs = await claimed(world, DIAGRAM, CROWD)
        ours = await _crowd([lambda run=run: world.engine.play(run) for run in runs])
        ratios.append(ours / raw)
        raws.append(raw)
    return statistics.median(ratios), statistics.median(raws)


async def _crowd(plays: list[Callable[[], Awaitable[Any]]]) -> float:
    """Seconds until all are done; they come ten in ten milliseconds, as the worker lets them in."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, play in enumerate(plays):
            if number % 10 == 9:
                await asyncio.sleep(0.01)
            group.create_task(_awaited(play))
    return time.perf_counter() - began


class _Counting(Player):
    """A player that knows how many runs it was given."""

    begun = 0

    def start(self, tasks: asyncio.TaskGroup, run: RunToPlay) -> None:
        self.begun += 1
        super().start(tasks, run)


async def _lag(world: World) -> float:
    """The longest lag of the loop in milliseconds while the worker's own claimer takes so many queued runs."""
    await claimed(world, DIAGRAM, CROWD)
    queued = update(Run).where(col(Run.status) == "running").values(status="queued", worker_id=None, token=0)
    async with world.database.transaction() as session:
        await session.exec(queued)
    os.environ["QUADRILLE_DATABASE_URL"] = world.database.url
    forget_settings()
    lease = Lease()
    await lease.register()
    player, stop, longest = _Counting(world.engine, lease.worker_id, 2 * CROWD), asyncio.Event(), 0.0
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Claimer(player, lease.worker_id).run(tasks, stop))
        while player.begun < CROWD:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - due)
        stop.set()
    await db.database().close()
    forget_settings()
    return longest * 1000


async def _awaited(play: Callable[[], Awaitable[Any]]) -> None:
    await play()


if __name__ == "__main__":
    print(asyncio.run(rows()))
