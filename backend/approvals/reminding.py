"""Reminds people of open questions, and escalates those whose time for it has come."""

from datetime import datetime

from backend.approvals import repository, telling, thread
from backend.approvals.models import Approval
from backend.core import clock
from backend.core.db import Session

AT_ONCE = 50


async def anything_due(session: Session) -> bool:
    """True when somebody is to be told something."""
    return await repository.anything_to_tell(session, clock.now())


async def tell_due(session: Session) -> int:
    """Remind and escalate; how many questions that were. What was missed while no worker lived is told once."""
    now = clock.now()
    due = await repository.to_tell(session, now, AT_ONCE)
    for approval in due:
        if approval.escalate_at and approval.escalate_at <= now and not approval.escalated:
            await thread.raise_up(session, approval)
        if approval.remind_at and approval.remind_at <= now:
            await _remind(session, approval, approval.remind_at)
    return len(due)


async def _remind(session: Session, approval: Approval, at: datetime) -> None:
    occasion = f"remind-{at.isoformat()}"
    await telling.to_deciders(session, approval, occasion, "This question still waits for your decision.")
    await telling.note(session, approval, "reminded", "")
    approval.remind_at = telling.next_reminder(approval)
    session.add(approval)
    await session.flush()
