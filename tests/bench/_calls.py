"""Counts instructions a recorded call of an agent in a process of its own: plain LangChain, and our loop."""

import asyncio
import json

from backend.engine import tuning
from tests.bench import _agents
from tests.bench._agents import BETWEEN, LONG, SHORT, Play
from tests.bench._counted import Window
from tests.bench._scripted_server import scripted_server

WARM, RUNS = 1, 2


async def _instructions(play: Play) -> float:
    """Instructions a run, after a few that fill caches."""
    for _ in range(WARM):
        await play()
    window = Window()
    window.open()
    for _ in range(RUNS):
        await play()
    return window.close() / RUNS


async def _measure() -> dict[str, float]:
    tuning.tune_gc()
    async with scripted_server() as url, _agents.standing_stage(url) as stage:
        ours = [await _instructions(await _agents.ours(stage, n, WARM + RUNS)) for n in (SHORT, LONG)]
        plain = [await _instructions(_agents.plain(url, n)) for n in (SHORT, LONG)]
    return {
        "plain": (plain[1] - plain[0]) / BETWEEN,
        "ours": (ours[1] - ours[0]) / BETWEEN,
        "run": ours[0] - (ours[1] - ours[0]) / BETWEEN * _agents.calls(SHORT),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure())))
