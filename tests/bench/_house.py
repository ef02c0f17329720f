"""Databases and claimed runs for the groups that measure the engine inside this process."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.core import db, ids
from backend.engine.live import Patience
from backend.engine.ports import RunToPlay
from backend.engine.writer import open_writer
from backend.runs.models import Run
from tests.backend.engine.world import World
from tests.servers import Postgres, Sqlite


@asynccontextmanager
async def on_sqlite(synchronous: str = "FULL", patience: Patience | None = None) -> AsyncIterator[World]:
    """A world on a migrated file of its own, with fsync at every commit unless said otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        url = Sqlite(Path(folder)).fresh(Path(folder) / "bench.db")
        async with _world(url.replace("sqlite://", "sqlite+aiosqlite://"), synchronous, patience) as world:
            yield world


@asynccontextmanager
async def on_postgres() -> AsyncIterator[World]:
    """A world on a PostgreSQL server of its own, with fsync."""
    folder = Path(tempfile.mkdtemp())
    server = Postgres(folder, fsync=True)
    server.start()
    try:
        url = server.fresh().replace("postgresql://", "postgresql+asyncpg://")
        async with _world(url, "FULL", None) as world:
            yield world
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _world(url: str, synchronous: str, patience: Patience | None) -> AsyncIterator[World]:
    database = db.Database(url)
    writer = await open_writer(database, synchronous=synchronous)
    world = World(database, writer, patience)
    world.listener.rows = Nowhere()
    await world.settle()
    try:
        yield world
    finally:
        await writer.close()
        await database.close()


class Nowhere(list[Any]):
    """Takes what the listener is told and keeps nothing, since memory is measured."""

    def __iadd__(self, _told: Any) -> "Nowhere":
        return self


async def claimed(world: World, diagram: dict[str, Any], count: int) -> list[RunToPlay]:
    """Claimed runs of one version, as in life, so that it is compiled once."""
    first = await world.run(diagram)
    row = await world.row(first)
    runs = [replace(first, run_id=ids.new("run")) for _ in range(count - 1)]
    async with world.database.transaction() as session:
        session.add_all(Run(**{**row.model_dump(), "id": run.run_id}) for run in runs)
    return [first, *runs]
