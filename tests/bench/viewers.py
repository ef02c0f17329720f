"""Fifty viewers of one run that tells a thousand events a second: what they cost the run, what they see when, and the memory.

Fast rounds alternate with rounds that nobody watches; the median of their ratios counts. Forty-nine viewers are plain
sockets in a process of their own, one is a client that looks at every event. In the last round five more never read.
"""

import asyncio
import base64
import os
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import orjson
import psutil
from websockets.asyncio.client import connect

from backend.core import clock
from backend.workflows.diagram import Node, Wire
from tests.bench._instance import House, fields, standing_house
from tests.bench._rows import Row, row
from tests.chaos import standing

BRANCHES, TURNS, PAUSE_SECONDS, VIEWERS, SLOW, ROUNDS = 8, 120, 0.02, 50, 5, 3


async def rows() -> list[Row]:
    """Each figure over all rounds."""
    async with standing_house() as house:
        workflow_id = await _published(house)
        await _round(house, workflow_id, 0)
        alone, watched, delays, rates, web_cpu = (list[float]() for _ in range(5))
        web = standing.of_role(house.instance, "web")
        memory = [_memory(web)]
        for number in range(ROUNDS):
            alone.append((await _round(house, workflow_id, 0))[0])
            spent = house.cpu()
            seconds, seen, events = await _round(
                house, workflow_id, SLOW if number == ROUNDS - 1 else 0, VIEWERS
            )
            watched.append(seconds)
            delays += seen
            rates.append(events / seconds)
            memory.append(_memory(web))
            web_cpu.append((house.cpu()["web"] - spent["web"]) / events * 1e6)
    delays.sort()
    ratio = statistics.median(b / a for a, b in zip(alone, watched, strict=True))
    against = f"{VIEWERS} viewers, {statistics.median(rates):.0f} events a second, {SLOW} more never read in the last round"
    return [
        row("a run that 50 watch, against the same that nobody watches", ratio, "x", 1.05, against),
        row("commit to browser, 50 viewers, p50", statistics.median(delays) * 1000, "ms", 250, against),
        row("commit to browser, 50 viewers, p99", delays[int(len(delays) * 0.99)] * 1000, "ms", 250, against),
        row("CPU of the web process an event that 50 see", statistics.median(web_cpu), "us", None, against),
        row(
            "memory of the web process: from the first crowd's leaving to the last's",
            (memory[-1] - memory[1]) / 1e6,
            "MB",
            50,
            against,
        ),
        row(
            "memory of the web process: what the first crowd leaves",
            (memory[1] - memory[0]) / 1e6,
            "MB",
            None,
            against,
        ),
    ]


async def _published(house: House) -> str:
    nodes = [
        Node(id="start", kind="start"),
        Node(id="first", kind="wait", config={"by": "duration", "duration": 3}),  # the sockets open meanwhile
    ]
    ends = [("start", "first")]
    for n in range(BRANCHES):
        turns = {"until": "False", "max_iterations": TURNS}
        wait = {"by": "duration", "duration": PAUSE_SECONDS}
        nodes += [
            Node(id=f"again{n}", kind="loop", config=turns),
            Node(id=f"pause{n}", kind="wait", parent=f"again{n}", config=wait),
            fields(f"tick{n}", at="tick").model_copy(update={"parent": f"again{n}"}),
        ]
        ends += [("first", f"again{n}"), (f"pause{n}", f"tick{n}")]
    return await house.publish(nodes, [Wire(source=a, target=b) for a, b in ends])


async def _round(
    house: House, workflow_id: str, slow: int, viewers: int = 0
) -> tuple[float, list[float], int]:
    """Seconds from the first event of the loop to the end by the run's own history, the delays seen, and how many events."""
    run_id = await house.program.start(workflow_id)
    async with AsyncExitStack() as stack:
        crowd = await stack.enter_async_context(_crowd(house, run_id, viewers - 1)) if viewers else None
        for _ in range(slow):
            await stack.enter_async_context(_socket(house, run_id, max_queue=1))
        delays = await _watch(house, run_id) if viewers else []
        if crowd:
            assert await crowd.wait() == 0, "a viewer did not see the end"
        history = await _history(house, run_id)
    began = next(e["at"] for e in history if str(e["node_id"]).startswith("pause"))
    seconds = (_moment(history[-1]["at"]) - _moment(began)).total_seconds()
    return seconds, delays, len(history)


async def _history(house: House, run_id: str) -> list[dict[str, Any]]:
    """All rows, once the run has ended."""
    found: list[dict[str, Any]] = []
    while not found or not found[-1]["kind"].startswith(("run.succeeded", "run.failed")):
        after = found[-1]["seq"] if found else 0
        page = await house.program.http.get(f"/runs/{run_id}/events?after={after}&limit=1000")
        found += page.json()["items"]
        await asyncio.sleep(0 if page.json()["items"] else 0.25)
    return found


def _socket(house: House, run_id: str, **more: Any) -> connect:
    address = f"ws://127.0.0.1:{house.instance.port}/api/v1/runs/{run_id}/events?lines=true"
    return connect(address, additional_headers={"Authorization": f"Bearer {house.key}"}, **more)


async def _watch(house: House, run_id: str) -> list[float]:
    seen: list[float] = []
    async with _socket(house, run_id) as socket:
        async for text in socket:
            events = [orjson.loads(line) for line in str(text).split("\n")]
            now = clock.now()
            ticks = [e for e in events if str(e.get("node_id")).startswith("tick")]
            seen += [(now - _moment(e["at"])).total_seconds() for e in ticks if e["kind"] == "step.succeeded"]
            if events[-1]["kind"] == "run.succeeded":
                break
    assert len(seen) == BRANCHES * TURNS
    return seen


@asynccontextmanager
async def _crowd(house: House, run_id: str, count: int) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = (str(house.instance.port), house.key, run_id, str(count))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.viewers", *arguments)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _plain(port: int, key: str, run_id: str) -> None:
    """Take what comes until the end is told; nothing is decoded, so that 49 of these take little of the machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    nonce = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET /api/v1/runs/{run_id}/events?lines=true HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {nonce}",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {key}",
    )
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    tail = b""
    while b'"run.succeeded"' not in tail:
        piece = await reader.read(65536)
        assert piece, "the server closed the stream"
        tail = tail[-32:] + piece
    writer.close()


def _memory(process: psutil.Process) -> int:
    return sum(p.memory_info().rss for p in (process, *process.children(recursive=True)))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def _all(port: int, key: str, run_id: str, count: int) -> None:
    await asyncio.gather(*(_plain(port, key, run_id) for _ in range(count)))


if __name__ == "__main__":
    asyncio.run(_all(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
