"""What runs take up: memory while they wait, nothing once they are passivated, and bytes on disk a step."""

import asyncio
import ctypes
import gc
from pathlib import Path

from backend.engine import tuning
from backend.engine.live import Patience
from tests.backend.engine.world import World, drawn
from tests.bench._house import claimed, on_sqlite
from tests.bench._rows import Row, row

WAITING, TURNS = 500, 400
WARM, PLATEAU, BETWEEN = 4, 3, 6
ASKS = drawn("s", ("a", "ask"), wires="s>a")
PATIENT, HASTY = Patience(idle_person=600), Patience(idle_person=0.01)


async def rows() -> list[Row]:
    """Memory first, while nothing else has stretched the process."""
    tuning.tune_gc()
    held, passive, stored = await _held(), await _passivated(), await _bytes_a_step()
    return [
        row("memory a live run that waits for a person", held / 1024, "KB", 60, "prototype: 45 KB"),
        row("memory a passivated run", passive / 1024, "KB", 0.5, "0, within what the process breathes"),
        row(f"bytes a step on disk, a list growing 1 KB a step, {TURNS} steps", stored / 1024, "KB", 5,
            "LangGraph with AsyncSqliteSaver: 198 KB"),
    ]  # fmt: skip


async def _held() -> float:
    """Resident bytes of one run that waits and is held in memory."""
    async with on_sqlite(patience=PATIENT) as world:
        await _ask(world, 50)  # compiles the diagram and opens what is opened once
        return await _ask(world, WAITING)


async def _ask(world: World, count: int) -> float:
    runs = await claimed(world, ASKS, count)
    before = _resident()
    asked = len(world.questions.asked)
    plays = [asyncio.ensure_future(world.engine.play(run)) for run in runs]
    await world.questions.wait_for(asked + count)
    await asyncio.sleep(0.2)
    held = (_resident() - before) / count
    for run in runs:
        world.engine.stop(run.run_id, "cancel")
    await asyncio.gather(*plays)
    return held


async def _passivated() -> float:
    """Resident bytes that stay for each further run that waits on disk only: what a second plateau is above the first.

    The process first grows to what so many need while they are played, and each plateau is the lowest of several rounds:
    what a round leaves unused in the allocator's pages comes and goes by a megabyte.
    """
    async with on_sqlite(patience=HASTY) as world:
        for _ in range(WARM):
            await _passivate(world)
        first = [await _passivate(world) for _ in range(PLATEAU)]
        for _ in range(BETWEEN):
            await _passivate(world)
        second = [await _passivate(world) for _ in range(PLATEAU)]
        return max(0.0, (min(second) - min(first)) / ((BETWEEN + PLATEAU) * WAITING))


async def _passivate(world: World) -> int:
    """Let so many runs begin, ask and be passivated; the resident bytes then."""
    runs = await claimed(world, ASKS, WAITING)
    outcomes = await asyncio.gather(*(world.engine.play(run) for run in runs))
    assert {outcome.status for outcome in outcomes} == {"waiting"}
    world.questions.asked.clear()
    world.seen.times.clear()
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back to the system
    return _resident()


async def _bytes_a_step() -> float:
    """Growth of the database by a loop in which each turn adds a kilobyte to the list of the turn before."""
    grow = "(previous or []) + [str(index) * (1000 // len(str(index)))]"
    body = ("grow", "say", {"parent": "again", "config": {"expression": grow}})
    loop = ("again", "loop", {"config": {"until": "False", "max_iterations": TURNS}})
    async with on_sqlite() as world:
        before = await _stored(world)
        outcome, _ = await world.play(drawn(loop, body))
        assert outcome.status == "succeeded"
        return (await _stored(world) - before) / TURNS


async def _stored(world: World) -> int:
    await world.scalar("PRAGMA wal_checkpoint(TRUNCATE)")
    pages, free = await world.scalar("PRAGMA page_count"), await world.scalar("PRAGMA freelist_count")
    return (pages - free) * await world.scalar("PRAGMA page_size")


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    print(asyncio.run(rows()))
