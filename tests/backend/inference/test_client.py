"""Embeddings through Redis: the same numbers, in few tasks, and a clear sentence when nobody computes."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest

from backend.core import queue, redis
from backend.core.errors import TooLarge, Unavailable
from backend.core.queue import link
from backend.inference import client, workers
from tests.backend.inference.conftest import start_worker
from tests.backend.inference.reference import embedding

pytestmark = [pytest.mark.openvino, pytest.mark.redis]
Worker = subprocess.Popen[bytes]


async def test_embeddings_come_through_the_queue(worker: Worker) -> None:
    texts = ["I want my money back.", "Grüße 🎉", ""]
    rows = np.array(await client.embed(texts, priority="high"))
    assert [float(np.dot(row, embedding(text))) > 0.999 for row, text in zip(rows, texts, strict=True)] == [
        True
    ] * 3


async def test_askers_at_the_same_moment_share_tasks(worker: Worker) -> None:
    before = await _tasks_sent()
    rows = await asyncio.gather(*(client.embed([f"text {number}"]) for number in range(64)))
    assert len(rows) == 64
    assert await _tasks_sent() - before == 64 / client.TEXTS_A_TASK


async def test_many_texts_come_back_in_order(worker: Worker) -> None:
    texts = [f"{'long ' * (number % 40)} text number {number}" for number in range(300)]
    rows = await client.embed_array(texts)
    some = await client.embed_array(texts[200:203])
    assert (rows[200:203] * some).sum(axis=1).min() > 0.9995


async def test_a_worker_tells_what_it_did(worker: Worker) -> None:
    (before,) = await workers.living()
    await client.embed(["one", "two"])
    async with asyncio.timeout(120):
        while (stats := (await workers.living())[0]).texts < before.texts + 2:
            await asyncio.sleep(0.05)
    assert stats.model == "all-MiniLM-L6-v2"
    assert stats.infer_seconds > 0
    assert stats.rss_bytes > 10_000_000


async def test_without_a_worker_it_says_what_to_do(
    asking: None, valkey_alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="No inference worker is running") as raised:
        await client.embed(["hello"])
    assert "quadrille worker --inference" in raised.value.fix


async def test_a_killed_worker_is_replaced_by_another(
    own_worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("PATIENCE_SECONDS", "TIMEOUT_SECONDS"):
        monkeypatch.setattr(client, patience, 300)  # so long may a slow machine take to start another
    own_worker.kill()
    own_worker.wait()
    asked = asyncio.ensure_future(client.embed(["patience"]))
    second = start_worker({})
    try:
        assert len((await asked)[0]) == 384
    finally:
        second.terminate()
        second.wait(timeout=120)


async def test_a_worker_leaves_nothing_behind(own_worker: Worker) -> None:
    await client.embed(["hello"])
    own_worker.terminate()
    assert own_worker.wait(timeout=120) == 0
    assert await workers.living() == []
    assert await queue.broker("inference").depth() == 0


async def test_a_library_at_once_is_refused(asking: None) -> None:
    with pytest.raises(TooLarge):
        await client.embed(["x"] * (client.MAX_TEXTS + 1))


def test_the_client_never_loads_openvino() -> None:
    code = "import sys; import backend.inference.client; assert 'openvino' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


async def _tasks_sent() -> int:
    stream = "q:inference:normal"
    if not await redis.client().exists(stream):
        return 0
    flat = await link.say(redis.client(), "XINFO", "STREAM", stream)
    return int(flat[flat.index(b"entries-added") + 1])
