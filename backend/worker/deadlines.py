"""Lets questions expire whose time is over, reminds of others and escalates them; also those of runs that nobody holds."""

from backend.approvals import reminding
from backend.approvals import service as approvals
from backend.core import db
from backend.worker import looking

LOOK_SECONDS = 1.0


async def watch() -> None:
    """Until cancelled. Every worker looks; each question is taken by one."""
    await looking.every(LOOK_SECONDS, "deadlines", _look)


async def _look() -> None:
    async with db.database().reading() as session:
        over = await approvals.anything_overdue(session)
        to_tell = await reminding.anything_due(session)
    if over:
        async with db.database().transaction() as session:
            await approvals.expire_overdue(session)
    if to_tell:
        async with db.database().transaction() as session:
            await reminding.tell_due(session)
