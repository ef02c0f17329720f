"""Offers a queued run to the workers through the queue; the database, not the message, says what is to be played."""

from collections.abc import Sequence

from backend.core import db, failpoints, log, queue
from backend.core.db import Session
from backend.core.errors import Unavailable

TASK = "runs.play"
AT_ONCE = 13
"""So many runs a worker claims at once."""

_log = log.get(__name__)


def offer_after_commit(session: Session, run_id: str) -> None:
    """Offer the run once the transaction stands."""

    async def leave() -> None:
        await offer(run_id)

    db.after_commit(session, leave)


def offer_some_after_commit(session: Session, run_ids: Sequence[str]) -> None:
    """Offer runs that were stored together: a worker that is woken takes what is due, so not each needs a message."""
    for run_id in run_ids[::AT_ONCE]:
        offer_after_commit(session, run_id)


async def offer(run_id: str) -> None:
    """Send the message, or leave it to the workers' scan where Redis is away."""
    failpoints.passed("wake.before")
    try:
        await queue.broker("runs").send(TASK, run_id=run_id)
        failpoints.passed("wake.sent")
    except Unavailable as error:
        _log.warning("redis is away; a scan will find the run", run=run_id, error=error.message)
