"""Makes an event of each time at which a workflow begins, once, whichever worker is first; `beginnings` starts the runs."""

from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlmodel import col, select

from backend.core import clock, db, failpoints, log, once
from backend.core.db import Session
from backend.nodes.schedules import ScheduleStart
from backend.runs.models import EventDelivery, TeamEvent
from backend.workflows.event_starts import CLOCK
from backend.workflows.models import EventTrigger, Workflow

AT_ONCE = 20
LATE = timedelta(minutes=5)
"""A time that is found later than this was missed: no worker ran then."""

_log = log.get(__name__)


async def look() -> int:
    """See to the times that have come; how many were looked at."""
    query = select(EventTrigger.id, EventTrigger.due_at).join(
        Workflow, col(Workflow.id) == col(EventTrigger.workflow_id)
    )
    query = query.where(
        col(EventTrigger.due_at) <= clock.now(),
        col(Workflow.archived_at).is_(None),
        col(Workflow.starts_paused_at).is_(None),
    )
    async with db.database().reading() as session:
        due = (await session.exec(query.order_by(col(EventTrigger.due_at)).limit(AT_ONCE))).all()
    for trigger_id, due_at in due:
        async with db.database().transaction() as session:
            await _come(session, trigger_id, due_at)
            failpoints.passed("clock.noted")
        failpoints.passed("clock.came")
    return len(due)


async def _come(session: Session, trigger_id: str, due_at: datetime | None) -> None:
    """The event of the time and the next time are one transaction, so none is lost or made twice."""
    query = select(EventTrigger).where(col(EventTrigger.id) == trigger_id, col(EventTrigger.due_at) == due_at)
    row = (await session.exec(query.with_for_update(skip_locked=True))).first()
    if row is None or row.due_at is None:
        return
    try:
        schedule, now = ScheduleStart.model_validate(row.config), clock.now()
    except ValidationError as error:  # such as a zone that is no longer known
        _log.error("a workflow no longer begins by the clock", workflow=row.workflow_id, error=str(error))
        row.due_at = None
        return
    at = schedule.latest(row.due_at, now)
    if at > row.due_at:
        _log.warning("times were missed", workflow=row.workflow_id, first=str(row.due_at), latest=str(at))
    row.due_at = schedule.after(max(at, now))
    session.add(row)
    if schedule.missed == "skip" and now - at > LATE:
        _log.warning("a missed time is skipped", workflow=row.workflow_id, at=str(at))
        return
    await _tell(session, row, schedule, at)


async def _tell(session: Session, row: EventTrigger, schedule: ScheduleStart, at: datetime) -> None:
    event = TeamEvent(
        id=f"clk_{row.id}_{int(at.timestamp())}",
        team_id=row.team_id,
        name=CLOCK,
        payload=schedule.told(at),
        at=at,
        sent_on=True,
    )
    if not await once.insert(session, event, unique=("id",)):
        return
    session.add(EventDelivery(event_id=event.id, trigger_id=row.id, team_id=row.team_id, due_at=clock.now()))
