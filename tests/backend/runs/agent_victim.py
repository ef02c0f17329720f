"""A process that plays one run to its end or to its death: `python -m tests.backend.runs.agent_victim RUN`."""

import asyncio
import sys

from backend.core import db, sandbox
from backend.identity.principal import Principal
from backend.nodes.registry import all_kinds
from backend.nodes.tool_registry import all_tools
from backend.runs.models import Run
from tests.backend.runs import made
from tests.backend.runs.stage import staged


async def main(run_id: str) -> None:
    async with db.database().reading() as session:
        run = await session.get(Run, run_id)
    assert run is not None
    by = Principal(run.team_id, run.started_by, "t", ("operator",), "session")
    async with staged(world=made.World(by, run.workflow_id, run.version_id)) as stage:
        await stage.play(run_id)
    sandbox.close()
    await db.database().close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
else:
    _IMPORTED = all_kinds(), all_tools()  # before the fork
