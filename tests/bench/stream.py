"""How long an event takes from the worker's commit to a browser's socket, while a run emits them steadily."""

import asyncio
import statistics
from datetime import datetime

import orjson
from websockets.asyncio.client import connect

from backend.core import clock
from backend.workflows.diagram import Node, Wire
from tests.bench._instance import House, standing_house
from tests.bench._rows import Row, row

TURNS, PAUSE_SECONDS, WATCHERS = 300, 0.01, 10


async def rows() -> list[Row]:
    """Delays over all watchers. Each event is stamped before its transaction, so the fsync is in its delay."""
    async with standing_house() as house:
        delays = sorted(await _measure(house))
    p50, p99 = statistics.median(delays), delays[int(len(delays) * 0.99)]
    against = (
        f"{WATCHERS} sockets, a run that emits every {PAUSE_SECONDS * 1000:.0f} ms or so, SQLite with fsync"
    )
    return [
        row("event, worker process to browser socket, p50", p50 * 1000, "ms", 50, against),
        row("event, worker process to browser socket, p99", p99 * 1000, "ms", 250, against),
    ]


async def _measure(house: House) -> list[float]:
    nodes = [
        Node(id="start", kind="start"),
        Node(
            id="first", kind="wait", config={"by": "duration", "duration": 1.5}
        ),  # the sockets open meanwhile
        Node(id="again", kind="loop", config={"until": "False", "max_iterations": TURNS}),
        Node(id="pause", kind="wait", parent="again", config={"by": "duration", "duration": PAUSE_SECONDS}),
        Node(id="emit", kind="emit_event", parent="again", config={"topic": "bench.tick"}),
    ]
    ends = [("start", "first"), ("first", "again"), ("pause", "emit")]
    workflow_id = await house.publish(nodes, [Wire(source=a, target=b) for a, b in ends])
    run_id = await house.program.start(workflow_id)
    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(_watch(house, run_id)) for _ in range(WATCHERS)]
    return [delay for task in watching for delay in task.result()]


async def _watch(house: House, run_id: str) -> list[float]:
    """The delays of the events that one browser sees live."""
    address = f"ws://127.0.0.1:{house.instance.port}/api/v1/runs/{run_id}/events"
    seen: list[float] = []
    async with connect(address, additional_headers={"Authorization": f"Bearer {house.key}"}) as socket:
        async for text in socket:
            event = orjson.loads(text)
            if event["kind"] == "event.emitted":
                seen.append((clock.now() - datetime.fromisoformat(event["at"])).total_seconds())
            if event["kind"].startswith(("run.succeeded", "run.failed")):
                break
    assert len(seen) == TURNS
    return seen


if __name__ == "__main__":
    print(asyncio.run(rows()))
