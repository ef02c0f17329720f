"""The engine against raw LangGraph and against LangGraph with its own SQLite saver, in one process, as ratios of CPU time."""

import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypedDict

import aiosqlite
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, StateGraph

from backend.core import db, ids
from backend.engine import tuning
from backend.engine.ports import RunToPlay
from backend.engine.writer import open_writer
from backend.runs.models import Run
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World, drawn
from tests.servers import Sqlite

Row = dict[str, Any]
STEPS, ROUNDS, CROWD = 50, 12, 1000


class State(TypedDict):
    said: Annotated[str, lambda _old, new: new]


def _raw(steps: int, saver: Any = None, first_waits: float = 0) -> Any:
    """The same chain in plain LangGraph: nodes that do nothing, one after the other."""

    def node(number: int) -> Any:
        async def play(state: State) -> State:
            if first_waits and number == 0:
                await asyncio.sleep(first_waits)
            return {"said": f"n{number}"}

        return play

    graph = StateGraph(State)
    for number in range(steps):
        graph.add_node(f"n{number}", node(number))
        graph.add_edge(f"n{number - 1}" if number else START, f"n{number}")
    return graph.compile(checkpointer=saver)


async def _cpu_a_step(play: Callable[[int], Awaitable[Any]]) -> float:
    """Microseconds of CPU a step, all threads counted; the best of some rounds, since the machine is shared."""
    await play(0)
    found: list[float] = []
    for number in range(1, ROUNDS + 1):
        gc.collect()
        before = time.process_time()
        await play(number)
        found.append((time.process_time() - before) / STEPS * 1e6)
    return min(found)


async def _raw_cpu() -> float:
    graph = _raw(STEPS)
    return await _cpu_a_step(lambda _n: graph.ainvoke({"said": ""}))


async def _stock_cpu(folder: Path) -> float:
    async with aiosqlite.connect(folder / "stock.db") as connection:
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        await connection.execute("PRAGMA synchronous=NORMAL")
        graph = _raw(STEPS, saver)

        async def play(number: int) -> None:
            config: Any = {"configurable": {"thread_id": str(number)}}
            await graph.ainvoke({"said": ""}, config, durability="sync")

        return await _cpu_a_step(play)


async def _runs(world: World, diagram: dict[str, Any], count: int) -> list[RunToPlay]:
    """Claimed runs of one version, as in life, so that it is compiled once."""
    first = await world.run(diagram)
    row = await world.row(first)
    runs = [replace(first, run_id=ids.new("run")) for _ in range(count - 1)]
    async with world.database.transaction() as session:
        session.add_all(Run(**{**row.model_dump(), "id": run.run_id}) for run in runs)
    world.listener.rows = _Nowhere()
    return [first, *runs]


class _Nowhere(list[Any]):
    """Takes what the listener is told and keeps nothing, since memory is measured."""

    def __iadd__(self, _told: Any) -> "_Nowhere":
        return self


async def _ours_cpu(world: World) -> float:
    runs = await _runs(world, chain(STEPS), ROUNDS + 1)

    async def play(number: int) -> None:
        outcome = await world.engine.play(runs[number])
        assert outcome.status == "succeeded"

    return await _cpu_a_step(play)


async def _crowd(plays: list[Callable[[], Awaitable[Any]]]) -> float:
    """Seconds until all are done; they come ten in ten milliseconds, as the worker lets them in."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, play in enumerate(plays):
            if number % 10 == 9:
                await asyncio.sleep(0.01)
            group.create_task(_awaited(play))
    return time.perf_counter() - began


async def _awaited(play: Callable[[], Awaitable[Any]]) -> None:
    await play()


async def _crowds(world: World) -> tuple[float, float]:
    """So many runs that wait a second and play three nodes more: raw LangGraph that keeps nothing, and ours on disk."""
    graph = _raw(4, first_waits=1)
    raw = await _crowd([lambda: graph.ainvoke({"said": ""})] * CROWD)
    diagram = drawn(("w", "say", {"config": {"seconds": 1}}), "a", "b", "c", wires="w>a a>b b>c")
    runs = await _runs(world, diagram, CROWD)
    ours = await _crowd([lambda run=run: world.engine.play(run) for run in runs])
    return raw, ours


async def _overtaking(world: World) -> float:
    """Milliseconds by which a node comes late because its neighbour's branch is slow."""
    diagram = drawn("s", ("slow", "say", {"config": {"seconds": 0.3}}), "f1", "f2", wires="s>slow s>f1 f1>f2")
    await world.play(diagram)
    return (world.seen.at["f2"] - world.seen.at["slow"]) * 1000


async def _waiting_bytes(world: World) -> float:
    """Resident bytes of one run that waits for a person and is held in memory."""
    count = 400
    runs = await _runs(world, drawn("s", ("a", "ask"), wires="s>a"), count)
    gc.collect()
    before = _resident()
    plays = [asyncio.ensure_future(world.engine.play(run)) for run in runs]
    await world.questions.wait_for(count)
    await asyncio.sleep(0.2)
    gc.collect()
    held = (_resident() - before) / count
    for run in runs:
        world.engine.stop(run.run_id, "cancel")
    await asyncio.gather(*plays)
    return held


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


async def _measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = db.Database(await asyncio.to_thread(_fresh, folder))
        writer = await open_writer(database, synchronous="NORMAL")
        world = World(database, writer)
        await world.settle()
        tuning.tune_gc()
        try:
            held = await _waiting_bytes(world)
            raw, stock, ours = await _raw_cpu(), await _stock_cpu(folder), await _ours_cpu(world)
            late = await _overtaking(world)
        finally:
            await writer.close()
        full = World(database, await open_writer(database))
        full.team_id = world.team_id
        raw_total, ours_total = await _crowds(full)
        await full.writer.close()
        await database.close()
    against = "raw LangGraph, nothing stored"
    return [
        _row("engine: CPU a durable step", ours / raw, "x", 1.7, against),
        _row("engine: CPU a durable step", ours / stock, "x", 1.0, "LangGraph with AsyncSqliteSaver, sync"),
        _row(
            "engine: CPU a durable step, absolute",
            ours,
            "us",
            1000,
            f"raw {raw:.0f} us, stock {stock:.0f} us",
        ),
        _row(f"engine: {CROWD} runs at once, fsync", ours_total / raw_total, "x", 1.4, against),
        _row("engine: successor of a fast branch beside 300 ms", late, "ms", 20, "LangGraph: 300 ms"),
        _row("engine: memory a live waiting run", held / 1024, "KB", 60, "LangGraph: 39 KB"),
    ]


def _fresh(folder: Path) -> str:
    url = Sqlite(folder).fresh(folder / "bench.db")
    return url.replace("sqlite://", "sqlite+aiosqlite://")


def _row(name: str, value: float, unit: str, limit: float, against: str) -> Row:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "limit": limit,
        "better": "lower",
        "against": against,
    }


async def rows() -> list[Row]:
    """The engine's part of `make bench`, measured in a process of its own so that nothing else is counted."""
    command = [sys.executable, "-m", "tests.bench.engine"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    import json

    return json.loads(out.splitlines()[-1])


if __name__ == "__main__":
    import json

    print(json.dumps(asyncio.run(_measure())))
