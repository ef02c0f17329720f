"""Offers a queued run to the workers through the queue; the database, not the message, says what is to be played."""

from backend.core import db, log, queue
from backend.core.db import Session
from backend.core.errors import Unavailable

TASK = "runs.play"
_log = log.get(__name__)


def offer_after_commit(session: Session, run_id: str) -> None:
    """Offer the run once the transaction stands."""

    async def leave() -> None:
        await offer(run_id)

    db.after_commit(session, leave)


async def offer(run_id: str) -> None:
    """Send the message, or leave it to the workers' scan where Redis is away."""
    try:
        await queue.broker("runs").send(TASK, run_id=run_id)
    except Unavailable as error:
        _log.warning("redis is away; a scan will find the run", run=run_id, error=error.message)
