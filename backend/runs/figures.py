"""Numbers about all runs of the installation, for whoever operates it; they tell nothing of any team."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from backend.core import clock
from backend.core.db import Session
from backend.runs import states
from backend.runs.models import Run, RunEvent, Worker
from backend.runs.schemas import RunStatus


@dataclass(frozen=True)
class Figures:
    """How the runs stand."""

    by_status: dict[RunStatus, int]
    oldest_queued_seconds: float
    workers: int
    live_runs: int


async def taken(session: Session) -> Figures:
    """The figures of this moment."""
    count: Any = func.count()
    rows = (await session.exec(select(Run.status, count).group_by(Run.status))).all()
    counted = dict(rows)
    alive, live = await workers(session)
    return Figures(
        by_status={status: counted.get(status, 0) for status in states.ALL},
        oldest_queued_seconds=await oldest_queued(session),
        workers=alive,
        live_runs=live,
    )


async def oldest_queued(session: Session) -> float:
    """Since when the most patient run waits for a worker: since its last event, for a resumed run is older than its wait."""
    since: Any = func.min(func.coalesce(RunEvent.at, Run.created_at))
    statement = (
        select(since)
        .select_from(Run)
        .join(
            RunEvent,
            (col(RunEvent.run_id) == Run.id) & (col(RunEvent.seq) == Run.last_seq),
            isouter=True,
        )
        .where(Run.status == "queued", col(Run.wake_at).is_(None))
    )
    found: datetime | None = (await session.exec(statement)).one()
    return max((clock.now() - found).total_seconds(), 0.0) if found else 0.0


async def workers(session: Session) -> tuple[int, int]:
    """Living workers, and the runs they hold."""
    count: Any = func.count()
    total: Any = func.coalesce(func.sum(Worker.live_runs), 0)
    statement = select(count, total).select_from(Worker).where(col(Worker.lease_until) > clock.now())
    alive, live = (await session.exec(statement)).one()
    return int(alive), int(live)
