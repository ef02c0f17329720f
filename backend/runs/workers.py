"""How many processes play runs right now."""

from sqlmodel import col, func, select

from backend.core import clock
from backend.core.db import Session
from backend.runs.models import Worker


async def alive(session: Session) -> int:
    """Workers whose lease has not run out."""
    counted = await session.exec(
        select(func.count()).select_from(Worker).where(col(Worker.lease_until) > clock.now())
    )
    return counted.one()
