"""How long an event takes from the worker's commit to a browser's socket, while a run emits them steadily."""

import asyncio
import os
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from backend.core import clock, db, redis
from backend.runs import service
from backend.runs.history import Entry
from tests.backend.runs import made
from tests.backend.runs.served import Caller, calling, serving
from tests.conftest import forget_settings
from tests.servers import Sqlite, Valkey

EVENTS, PAUSE_SECONDS, WATCHERS = 300, 0.01, 10


async def rows() -> list[dict[str, Any]]:
    """Delays over all watchers, each event stamped just before its transaction."""
    async with _installation():
        world = await made.world()
        run_id = await made.run(world)
        async with serving() as port, calling(port, world.by) as caller:
            delays = sorted(await _measure(world, run_id, caller))
    p50, p99 = statistics.median(delays), delays[int(len(delays) * 0.99)]
    against = f"{WATCHERS} sockets, {1 / PAUSE_SECONDS:.0f} events/s, SQLite with fsync, writes included"
    return [
        _row("event delay, write to browser socket, p50", p50 * 1000, 50, against),
        _row("event delay, write to browser socket, p99", p99 * 1000, 250, against),
    ]


async def _measure(world: made.World, run_id: str, caller: Caller) -> list[float]:
    async def watch() -> list[float]:
        seen: list[float] = []
        async with caller.socket(f"/runs/{run_id}/events") as socket:
            async for text in socket:
                event = orjson.loads(text)
                seen.append((clock.now() - datetime.fromisoformat(event["at"])).total_seconds())
                if event["seq"] == EVENTS:
                    break
        return seen

    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(watch()) for _ in range(WATCHERS)]
        await asyncio.sleep(1)
        for number in range(EVENTS):
            async with db.database().transaction() as session:
                await service.note(session, run_id, world.by.team_id, Entry("event.emitted", {"n": number}))
            await asyncio.sleep(PAUSE_SECONDS)
    return [delay for task in watching for delay in task.result()]


@asynccontextmanager
async def _installation() -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), dict(os.environ)
        valkey = Valkey(folder)
        valkey.start()
        os.environ |= {
            "QUADRILLE_ENV": "test",
            "QUADRILLE_DATA_DIR": str(folder / "data"),
            "QUADRILLE_REDIS_URL": valkey.url,
            "QUADRILLE_DATABASE_URL": Sqlite(folder).fresh(folder / "quadrille.db"),
        }
        forget_settings()
        try:
            yield
        finally:
            await redis.client().aclose()
            await db.database().close()
            valkey.stop()
            os.environ.clear()
            os.environ.update(before)
            forget_settings()


def _row(name: str, value: float, limit: float, against: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "ms",
        "limit": limit,
        "better": "lower",
        "against": against,
    }
