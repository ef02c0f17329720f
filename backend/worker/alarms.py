"""Looks at the teams' alarms while there is other work to do."""

from backend.core import db
from backend.monitoring import service
from backend.worker import looking

LOOK_SECONDS = 5.0


async def watch() -> None:
    """Until cancelled. Every worker looks; each alarm is taken by one."""
    await looking.every(LOOK_SECONDS, "alarms", _look)


async def _look() -> None:
    async with db.database().reading() as session:
        due = await service.anything_due(session)
    if due:
        async with db.database().transaction() as session:
            await service.look(session)
