"""A worker process for the tests: its tasks write what they do into a journal file."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from backend.core import queue
from backend.core.errors import Invalid


def note(*words: str) -> None:
    with _journal().open("a") as file:
        file.write(" ".join([*words, str(os.getpid())]) + "\n")


def _journal() -> Path:
    return Path(sys.argv[1])


async def work(name: str, seconds: float = 0.0) -> str:
    note("start", name)
    await asyncio.sleep(seconds)
    note("done", name)
    return name


async def hold(name: str) -> None:
    """Until the test lets it go."""
    note("start", name)
    while not _journal().with_suffix(".go").exists():
        await asyncio.sleep(0.01)
    note("done", name)


async def stall(name: str, seconds: float) -> None:
    note("start", name)
    time.sleep(seconds)
    note("done", name)


async def poison(name: str) -> None:
    note("start", name)
    os.kill(os.getpid(), signal.SIGKILL)


async def refuse() -> None:
    raise Invalid("The text is empty.", fix="Write something.")


async def break_() -> None:
    raise ZeroDivisionError("by nothing")


async def main(group: str, lease: float, concurrency: int) -> None:
    broker = queue.DurableStreamBroker(group, lease_seconds=lease)
    broker.task("tests.work")(work)
    broker.task("tests.hold")(hold)
    broker.task("tests.stall")(stall)
    broker.task("tests.poison")(poison)
    broker.task("tests.refuse")(refuse)
    broker.task("tests.break")(break_)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    note("ready", "worker")
    await queue.serve(broker, concurrency=concurrency, stop=stop)
    note("left", "worker")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
