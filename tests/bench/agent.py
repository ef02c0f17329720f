"""An agent's loop against plain LangChain with the same server, and how many agents' tasks one process does in an hour."""

import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from typing import Any

from sqlmodel import col, select

from backend.core import db
from backend.engine import tuning
from backend.runs.models import RunEvent
from tests.backend.runs.stage import Stage
from tests.bench import _agents, _counted
from tests.bench._agents import BETWEEN, LONG, SHORT, Play
from tests.bench._rows import Row, row
from tests.bench._scripted_server import scripted_server

ROUNDS, AT_ONCE = 30, 50
MANY = int(os.environ.get("AGENTS", "10000"))
FLOCK, SLOW_SECONDS = 1_000, 10
SLOW = (
    "turns: [{after: 0, call: [{tool: calculator, with: {expression: 6*7}}]}, "
    f"{{say: It is 42., delay_seconds: {SLOW_SECONDS}}}]"
)
SCRIPT = "turns: [{after: 0, call: [{tool: calculator, with: {expression: 6*7}}]}, {say: It is 42.}]"


async def rows() -> list[Row]:
    """All with the real kinds and the worker's own context."""
    tuning.tune_gc()
    async with scripted_server() as url, _agents.standing_stage(url) as stage:
        found = [*await _overhead(stage, url), *await _many(stage), *await _in_flight(stage)]
    return [*found, *await _instructions()]


async def _overhead(stage: Stage, url: str) -> list[Row]:
    """An agent of 3 calls and one of 13: what they differ by is the cost of ten calls; the rest is their run's."""
    plays = [await _agents.ours(stage, n, ROUNDS + 2) for n in (SHORT, LONG)]
    plays += [_agents.plain(url, n) for n in (SHORT, LONG)]
    await _agents.by_turns(plays, 2, _timed)
    took = await _agents.by_turns(plays, ROUNDS, _timed)
    ours = statistics.median((one[1][0] - one[0][0]) / BETWEEN for one in took) * 1000
    plain = statistics.median((one[3][0] - one[2][0]) / BETWEEN for one in took) * 1000
    more = statistics.median((one[1][0] - one[0][0] - one[3][0] + one[2][0]) / BETWEEN for one in took) * 1000
    whole = statistics.median(one[0][0] - one[2][0] for one in took) * 1000 - more * _agents.calls(SHORT)
    cpu = [sum(one[n][1] for one in took) for n in range(4)]
    against = f"plain LangChain: {plain:.1f} ms a call, ours {ours:.1f}"
    return [
        row("overhead of an agent's recorded call, fsync", more, "ms", 3, against),
        row("CPU of an agent's recorded call", (cpu[1] - cpu[0]) / (cpu[3] - cpu[2]), "x", None, against),
        row("what its run costs besides: start, output, end", whole, "ms", None, "the same agents"),
    ]


async def _timed(play: Play) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    await play()
    return time.perf_counter() - wall, time.process_time() - cpu


async def _instructions() -> list[Row]:
    chosen = _counted.counter()
    if chosen is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        found = json.loads((await _counted.counted(chosen, "tests.bench._calls", folder)).splitlines()[-1])
    name = f"instructions of an agent's recorded call ({chosen[0]})"
    plain = found["plain"]
    return [row(name, found["ours"] / plain, "x", 1.3, f"plain LangChain: {plain / 1e6:.2f} M")]


async def _many(stage: Stage) -> list[Row]:
    """Scripted agents, so many at once; a run has a start and an output besides."""
    diagram = _agents.agent(SHORT, model="scripted/script", script=SCRIPT)
    runs = await _agents.claimed(stage, diagram, MANY, "many")
    gate, took = asyncio.Semaphore(AT_ONCE), list[float]()

    async def one(run: Any) -> None:
        async with gate:
            began = time.perf_counter()
            outcome = await stage.engine.play(run)
            took.append(time.perf_counter() - began)
            assert outcome.status == "succeeded", outcome.error

    began = time.perf_counter()
    await asyncio.gather(*(one(run) for run in runs))
    whole = time.perf_counter() - began
    p99 = sorted(took)[int(len(took) * 0.99)]
    name = f"agents of {_agents.calls(SHORT)} calls, {MANY:,} by {AT_ONCE} at once in one process, fsync"
    told = f"the field claims 10,000; {MANY:,} took {whole:.1f} s"
    return [
        row(name, MANY / whole * 3600, "an hour", 10_000, told, better="higher"),
        row(f"p99 of these, {AT_ONCE} at once", p99 * 1000, "ms", None, "from the claim to the end"),
    ]


async def _in_flight(stage: Stage) -> list[Row]:
    """Begun together: each asks its model twice, and the second answer takes its time."""
    diagram = _agents.agent(SHORT, model="scripted/script", script=SLOW)
    runs = await _agents.claimed(stage, diagram, FLOCK, "flock")
    began = time.perf_counter()
    outcomes = await asyncio.gather(*(stage.engine.play(run) for run in runs))
    whole = time.perf_counter() - began
    lost = sum(outcome.status != "succeeded" for outcome in outcomes)
    told = f"by what they wrote; each waits {SLOW_SECONDS} s for its model; all were through in {whole:.1f} s"
    most = await _most_at_once({run.run_id for run in runs})
    return [
        row("workflows of agents in flight at once", most, "runs", FLOCK, told, better="higher"),
        row("lost of these", lost, "runs", 0, "not succeeded"),
    ]


async def _most_at_once(run_ids: set[str]) -> int:
    """In how many runs an agent had begun and had not ended, at the moment of the most of them."""
    query = select(RunEvent.run_id, RunEvent.kind, RunEvent.at).where(col(RunEvent.node_id) == "agent")
    async with db.database().reading() as session:
        found = [(at, kind) for run_id, kind, at in (await session.exec(query)).all() if run_id in run_ids]
    change = {"step.started": 1, "step.succeeded": -1, "step.failed": -1}
    return max(itertools.accumulate(change.get(kind, 0) for _, kind in sorted(found)), default=0)


if __name__ == "__main__":
    print(asyncio.run(rows()))
