"""Removes runs that their teams no longer keep, a few at a time, while there is other work to do."""

import asyncio

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from backend.agents.models import AgentStep
from backend.core import db, log
from backend.dead_letters.models import DeadLetter
from backend.planning.watch_models import PlanAdaptation, PlanDeviation, PlanRun
from backend.runs import removal
from backend.runs.models import Run
from backend.worker import looking

HANG_ON_RUNS = (DeadLetter, AgentStep, PlanRun, PlanDeviation, PlanAdaptation)
"""Removal follows foreign keys to runs, so tables of the layers above `runs` must have been loaded."""
LOOK_SECONDS = 60.0
AT_ONCE = 50
REST_SECONDS = 0.05
"""After each run, so that others get at the database in between."""

_log = log.get(__name__)


async def watch() -> None:
    """Until cancelled. Every worker looks; two that remove the same run do no harm."""
    await looking.every(LOOK_SECONDS, "old runs", prune)


async def prune() -> int:
    """Remove everything that is due; how many runs that were."""
    async with db.database().reading() as session:
        found = await removal.teams(session)
    removed = 0
    for team_id in found:
        while run_ids := await _due(team_id):
            for run_id in run_ids:
                removed += await removal.remove(run_id)
                await asyncio.sleep(REST_SECONDS)
            _log.info("old runs are removed", team=team_id, runs=len(run_ids))
    return removed


async def _due(team_id: str) -> list[str]:
    async with db.database().reading() as session:
        return await removal.due(session, team_id, AT_ONCE, besides=_has_open_letter())


def _has_open_letter() -> ColumnElement[bool]:
    """Somebody has still to decide what becomes of it; until then it stays, however old it is."""
    letter = select(DeadLetter.id).where(col(DeadLetter.run_id) == col(Run.id))
    return letter.where(col(DeadLetter.status) == "open").exists()
