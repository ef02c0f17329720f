"""Lets questions expire whose time is over, also those of runs that nobody holds."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from backend.approvals import service as approvals
from backend.core import db, log

LOOK_SECONDS = 1.0
_log = log.get(__name__)


async def watch() -> None:
    """Until cancelled. Every worker looks; each question is taken by one."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            async with db.database().reading() as session:
                due = await approvals.anything_overdue(session)
            if due:
                async with db.database().transaction() as session:
                    await approvals.expire_overdue(session)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("deadlines could not be looked at", error=str(error))
