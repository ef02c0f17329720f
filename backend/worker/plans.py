"""Compares runs with the plans that they came of while there is other work to do."""

from backend.core import db
from backend.planning.watching import following, performing, rows
from backend.planning.watching import looking as watching
from backend.worker import looking

LOOK_SECONDS = 5.0


async def watch() -> None:
    """Until cancelled. Every worker looks; each run is taken by one."""
    await looking.every(LOOK_SECONDS, "plans", look)


async def look() -> int:
    """Look at what is due, perform what needs no person, and take runs along; how many deviations were told."""
    async with db.database().reading() as session:
        due, follows = await rows.anything_due(session), await following.anything_due(session)
    told = 0
    if due:
        async with db.database().transaction() as session:
            told = await watching.look(session)
    if follows:
        async with db.database().transaction() as session:
            await following.settle(session)
    await performing.perform()
    return told
