"""The times at which a published workflow begins, over HTTP."""

from fastapi import APIRouter

from backend.core import clock
from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.nodes import clock_times
from backend.nodes.schedule_preview import COUNT
from backend.nodes.schedules import ScheduleStart
from backend.workflows import event_starts, service
from backend.workflows.schemas import SchedulePage, SchedulePublic

router = APIRouter()


@router.get("/workflows/{ref}/schedules")
async def list_(ref: str, session: ReadSession, by: CurrentPrincipal) -> SchedulePage:
    """When the published version begins by the clock, the next one first; not while it is archived or paused."""
    workflow = await service.get(session, by, ref)
    if workflow.archived_at or workflow.starts_paused_at:
        return SchedulePage(items=[])
    rows = await event_starts.schedules(session, workflow.id)
    return SchedulePage(items=[_public(ScheduleStart.model_validate(row.config)) for row in rows])


def _public(schedule: ScheduleStart) -> SchedulePublic:
    times = clock_times.following(schedule.cron, schedule.zone, clock.now(), COUNT)
    return SchedulePublic(
        **schedule.model_dump(include={"cron", "zone", "missed", "while_running"}), next=times
    )
