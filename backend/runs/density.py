"""How many runs began when, and how they stand: the strip above the list."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from backend.core import clock
from backend.core.db import Session
from backend.identity.principal import Principal
from backend.runs.filters import Filter, conditions
from backend.runs.models import Run
from backend.runs.schemas import RunStatus
from backend.workflows.models import Workflow

BARS = 60
MOST = 20_000
"""Runs that are looked at; of more the newest are."""


@dataclass(frozen=True)
class Bar:
    """The runs that began in one stretch of time."""

    since: datetime
    until: datetime
    by_status: dict[RunStatus, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())


async def bars(session: Session, by: Principal, wanted: Filter, hours: float) -> list[Bar]:
    """The last hours, or what the filter's own time is, in equal stretches."""
    by.require("run.read")
    until = wanted.until or clock.now()
    since = wanted.since or until - timedelta(hours=hours)
    chosen: Any = select(col(Run.created_at), col(Run.status)).join(
        Workflow, col(Workflow.id) == col(Run.workflow_id)
    )
    in_time = col(Run.created_at) >= since, col(Run.created_at) < until
    query = chosen.where(col(Run.team_id) == by.team_id, *in_time, *conditions(wanted))
    newest: Any = query.order_by(col(Run.id).desc()).limit(MOST)
    found: Any = await (await session.connection()).execute(newest)
    rows: list[tuple[datetime, RunStatus]] = list(found)
    length = max((until - since) / BARS, timedelta(milliseconds=1))
    counted: list[Counter[RunStatus]] = [Counter() for _ in range(BARS)]
    for created_at, status in rows:
        counted[min(BARS - 1, int((created_at - since) / length))][status] += 1
    return [Bar(since + n * length, since + (n + 1) * length, dict(one)) for n, one in enumerate(counted)]
