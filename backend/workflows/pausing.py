"""Holds up what begins by itself: while it is paused, neither events nor times begin runs of a workflow; people still can."""

from backend.core import clock
from backend.core.db import Session
from backend.core.errors import Conflict
from backend.identity import audit
from backend.identity.principal import Principal
from backend.workflows import event_starts, repository, service
from backend.workflows.models import Workflow


async def pause(session: Session, by: Principal, ref: str) -> Workflow:
    """From now on nothing begins a run of it but people; again is no fault. Raises Conflict where it is archived."""
    workflow = await _held(session, by, ref)
    if workflow.starts_paused_at is None:
        workflow.starts_paused_at = clock.now()
        await audit.record(session, by, "workflow.starts_paused", workflow.id, {"name": workflow.name})
    return workflow


async def resume(session: Session, by: Principal, ref: str) -> Workflow:
    """It begins by itself again, with what comes from now on; raises Conflict where it is archived.

    Times that passed and events that came meanwhile begin nothing. What had come before the pause goes on.
    """
    workflow = await _held(session, by, ref)
    if workflow.starts_paused_at:
        workflow.starts_paused_at = None
        await event_starts.go_on(session, workflow.id)
        await audit.record(session, by, "workflow.starts_resumed", workflow.id, {"name": workflow.name})
    return workflow


async def _held(session: Session, by: Principal, ref: str) -> Workflow:
    by.require("run.start")
    workflow = await service.get(session, by, ref)
    if workflow.archived_at:
        raise Conflict(f"“{workflow.name}” is archived.", fix="Take it out of the archive first.")
    workflow = await repository.lock(session, workflow.id) or workflow
    session.add(workflow)
    return workflow
