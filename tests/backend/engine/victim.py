"""A process that plays runs until it is killed: `python -m tests.backend.engine.victim FOLDER URL RUN…`.

It appends a line to FOLDER/executed whenever a node's code really runs, and says `ready` when it begins to play.
"""

import asyncio
import os
import sys
from pathlib import Path

from sqlmodel import col, select

from backend.core import db
from backend.nodes.kind import NodeContext
from backend.runs.models import Run
from backend.workflows.diagram import Diagram
from backend.workflows.models import Version
from tests.backend.engine.kinds import Seen
from tests.backend.engine.world import World, opened


class Written(Seen):
    """What was executed, in a file that outlives the process."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, ctx: NodeContext) -> None:
        super().note(ctx)
        os.write(self.file, f"{ctx.idempotency_key}\n".encode())


async def main(folder: Path, url: str, run_ids: list[str]) -> None:
    database = db.Database(url)
    async with opened(database, seen=Written(folder / "executed")) as world:
        async with database.reading() as session:
            query = select(Run, Version).join(Version, col(Run.version_id) == col(Version.id))
            found = (await session.exec(query.where(col(Run.id).in_(run_ids)))).all()
        plays = [
            _play(world, run, Diagram.model_validate(version.diagram))
            for run, version in found
            if run.finished_at is None
        ]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.gather(*plays)
    await database.close()


async def _play(world: World, run: Run, diagram: Diagram) -> None:
    world.team_id = run.team_id
    outcome = await world.engine.play(await world.claim(run.id, diagram, run.input))
    assert outcome.status == "succeeded", outcome


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
