"""A process that plays runs until it dies: `python -m tests.backend.engine.victim FOLDER URL AFTER SECONDS RUN…`.

It appends a line to FOLDER/executed whenever a node's code really runs. It is killed the given seconds after the line
AFTER, by a thread of its own, so wherever the loop and the writer are at that moment; after line 0 it is never killed.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

from sqlmodel import col, select

from backend.core import db
from backend.nodes.kind import NodeContext
from backend.runs.models import Run
from backend.workflows.diagram import Diagram
from backend.workflows.models import Version
from tests.backend.engine.kinds import Seen
from tests.backend.engine.world import World, opened

MOST_AFTER = 30
"""So many lines at most are written between the deadly one and the death: less than the runs have left."""


class Written(Seen):
    """What was executed, in a file that outlives the process."""

    def __init__(self, path: Path, dies_after: int, seconds: float) -> None:
        super().__init__()
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.lines, self.dies_after, self.seconds = 0, dies_after, seconds

    def note(self, ctx: NodeContext) -> None:
        super().note(ctx)
        os.write(self.file, f"{ctx.idempotency_key}\n".encode())
        self.lines += 1
        if self.lines == self.dies_after:
            threading.Thread(target=self.die).start()
        while 0 < self.dies_after < self.lines - MOST_AFTER:
            signal.pause()  # a late death, too, comes before the end

    def die(self) -> None:
        time.sleep(self.seconds)
        os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str, seen: Written, run_ids: list[str]) -> None:
    database = db.Database(url)
    async with opened(database, seen=seen) as world:
        async with database.reading() as session:
            query = select(Run, Version).join(Version, col(Run.version_id) == col(Version.id))
            found = (await session.exec(query.where(col(Run.id).in_(run_ids)))).all()
        plays = [
            _play(world, run, Diagram.model_validate(version.diagram))
            for run, version in found
            if run.finished_at is None
        ]
        await asyncio.gather(*plays)
    await database.close()


async def _play(world: World, run: Run, diagram: Diagram) -> None:
    world.team_id = run.team_id
    outcome = await world.engine.play(await world.claim(run.id, diagram, run.input))
    assert outcome.status == "succeeded", outcome


if __name__ == "__main__":
    folder, url, after, seconds, *run_ids = sys.argv[1:]
    asyncio.run(main(url, Written(Path(folder) / "executed", int(after), float(seconds)), run_ids))
