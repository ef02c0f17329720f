"""Runs that their worker dropped, by dying or by failing: queued again, with patience, and given up as poison in the end."""

from datetime import timedelta
from typing import Any

from backend.core import clock, db, failpoints, log
from backend.core.db import Session
from backend.dead_letters import open_sagas
from backend.dead_letters import service as dead_letters
from backend.runs import history, wake
from backend.runs import repository as runs
from backend.runs.history import Entry
from backend.runs.models import Run
from backend.worker import repository

MAX_FRUITLESS = 5
"""So many workers may die or fail over a run, without it getting a step further, before it is given up."""

_PAUSES = (0.0, 0.5, 2.0, 5.0)
_AT_ONCE = 200
_log = log.get(__name__)


async def requeue_all() -> int:
    """Queue every run whose worker is gone; how many there were."""
    async with db.database().reading() as session:
        if not await repository.any_orphans(session):
            return 0
    async with db.database().transaction() as session:
        left = await repository.orphans(session, _AT_ONCE)
        if left:
            failpoints.passed("orphans.found")
        for run in left:
            await requeue(session, run, "Its worker died.")
    if left:
        failpoints.passed("orphans.requeued")
    return len(left)


async def requeue(session: Session, run: Run, why: str) -> None:
    """Queue one run again, or give it up. The crash-loop guard counts only attempts that finished no step."""
    attempts = 1 if await repository.got_further(session, run.id) else run.attempts + 1
    if attempts >= MAX_FRUITLESS:
        await _give_up(session, run, attempts, why)
        return
    await _queue(session, run, attempts, why)


async def _queue(session: Session, run: Run, attempts: int, why: str, **more: Any) -> None:
    pause = _PAUSES[min(max(attempts, 1), len(_PAUSES)) - 1]
    wake_at = clock.now() + timedelta(seconds=pause) if pause else None
    more |= {"attempts": attempts, "worker_id": None, "wake_at": wake_at, "shown_as": "recovering"}
    await runs.move(session, run.id, "queued", **more)
    if not pause:
        wake.offer_after_commit(session, run.id)
    _log.warning("run is queued again", run=run.id, attempts=attempts, why=why, pause=pause)


async def _give_up(session: Session, run: Run, attempts: int, why: str) -> None:
    """Play nothing more of it. What its open sagas have done is undone first, by a worker that plays nothing else.

    Workers may die over that, too; then the run ends as it is, and its letter names what is left standing.
    """
    error: dict[str, Any] = {
        "code": "poison",
        "message": f"Given up after {attempts} attempts that finished no step. The last one: {why}",
        "fix": "Look at the step that was under way and at the workers' logs, then redrive its dead letter.",
    }
    if run.error is None and await open_sagas.of_run(session, run):
        await _queue(session, run, 0, why, error=error)
        return
    if run.error is not None:
        told = f"{run.error['message']} Undoing its open sagas was given up after as many attempts: {why}"
        error["message"] = told
    ended = {"error": error, "finished_at": clock.now(), "token": run.token + 1}
    await runs.move(session, run.id, "failed", attempts=attempts, worker_id=None, wake_at=None, **ended)
    await history.append(session, run.id, run.team_id, Entry("run.failed", {"error": error}))
    await dead_letters.write(session, run, "poison", error["message"], {"error": error, "attempts": attempts})
    _log.error("run is given up", run=run.id, attempts=attempts, why=why)
