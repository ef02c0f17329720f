"""Embeddings a second and their delay: through Redis and an inference worker, against OpenVINO in this process."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from backend.core import queue, redis
from backend.inference import client, workers
from backend.inference.engine import load
from tests.bench._rows import Row, row
from tests.conftest import forget_settings
from tests.servers import ROOT, Valkey

ROUNDS = 5
TEXTS = [f"Customer {number} asks how the money of the last invoice comes back" for number in range(512)]
_WORKER = (
    "import asyncio, signal\n"
    "from backend.inference.serve import serve_inference\n"
    "async def main():\n"
    "    stop = asyncio.Event()\n"
    "    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)\n"
    "    await serve_inference(stop)\n"
    "asyncio.run(main())\n"
)
Embed = Callable[[list[str]], Awaitable[object]]


async def rows() -> list[Row]:
    """Both roads in alternating rounds of one run, so that a busy machine disturbs them alike."""
    with tempfile.TemporaryDirectory() as folder:
        async with _served(Path(folder)):
            engine = await load()
            direct: Embed = engine.embed
            queued: Embed = client.embed_array
            speeds = [(await _speed(direct), await _speed(queued)) for _ in range(ROUNDS)]
            delays = await _delays(direct), await _delays(queued)
    best_direct, best_queued = (max(speed[road] for speed in speeds) for road in (0, 1))
    ratio = statistics.median(queued / direct for direct, queued in speeds)
    against = "in-process OpenVINO, same run"
    one = "one embedding through Redis"
    return [
        row(
            "embeddings through Redis", best_queued, "1/s", None, f"{best_direct:,.0f}/s in process", "higher"
        ),
        row("embeddings through Redis, ratio", ratio, "x", 0.8, against, "higher"),
        row(f"{one}, p50", delays[1][50], "ms", 10, f"{delays[0][50]:.1f} ms in process"),
        row(f"{one}, p99", delays[1][98], "ms", None, f"{delays[0][98]:.1f} ms in process"),
    ]


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[None]:
    """A Valkey and an inference worker of our own, with a data folder of their own."""
    server = Valkey(folder)
    server.start()
    before = dict(os.environ)
    os.environ |= {"QUADRILLE_DATA_DIR": str(folder / "data"), "QUADRILLE_REDIS_URL": server.url}
    forget_settings()
    worker = subprocess.Popen([sys.executable, "-c", _WORKER], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        await workers.wait_for_one()
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=30)
        await queue.hang_up()
        await redis.client().aclose()
        server.stop()
        os.environ.clear()
        os.environ.update(before)
        forget_settings()


async def _speed(embed: Embed) -> float:
    """Embeddings a second while all texts are asked for at once."""
    began = time.perf_counter()
    await embed(TEXTS)
    return len(TEXTS) / (time.perf_counter() - began)


async def _delays(embed: Embed) -> list[float]:
    """Milliseconds of a hundred single texts, one after the other, sorted."""
    taken: list[float] = []
    for text in TEXTS[:100]:
        began = time.perf_counter()
        await embed([text])
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


async def _alone() -> None:
    for figure in await rows():
        print(figure)


if __name__ == "__main__":
    asyncio.run(_alone())
