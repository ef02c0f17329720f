"""A worker process for the tests: its tasks write what they do into a journal file."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from backend.core import queue
from backend.core.errors import Invalid

_JOURNAL, _GROUP, _LEASE, _CONCURRENCY = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
broker = queue.DurableStreamBroker(_GROUP, lease_seconds=_LEASE)


def note(*words: str) -> None:
    with _JOURNAL.open("a") as file:
        file.write(" ".join([*words, str(os.getpid())]) + "\n")


@broker.task("tests.work")
async def work(name: str, seconds: float = 0.0) -> str:
    note("start", name)
    await asyncio.sleep(seconds)
    note("done", name)
    return name


@broker.task("tests.stall")
async def stall(name: str, seconds: float) -> None:
    note("start", name)
    time.sleep(seconds)
    note("done", name)


@broker.task("tests.poison")
async def poison(name: str) -> None:
    note("start", name)
    os.kill(os.getpid(), signal.SIGKILL)


@broker.task("tests.refuse")
async def refuse() -> None:
    raise Invalid("The text is empty.", fix="Write something.")


@broker.task("tests.break")
async def break_() -> None:
    raise ZeroDivisionError("by nothing")


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    note("ready", "worker")
    await queue.serve(broker, concurrency=_CONCURRENCY, stop=stop)
    note("left", "worker")


if __name__ == "__main__":
    asyncio.run(main())
