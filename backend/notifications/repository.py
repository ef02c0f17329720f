"""All queries on notifications, each inside the team and of the person who asks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, update
from sqlmodel import col, select

from backend.core.db import Session
from backend.notifications.models import Notification


async def page(
    session: Session, team_id: str, account_id: str, *, unread: bool, before: str | None, limit: int
) -> Sequence[Notification]:
    """Newest first; ids sort by time."""
    query = select(Notification).where(*_own(team_id, account_id)).order_by(col(Notification.id).desc())
    if unread:
        query = query.where(col(Notification.read_at).is_(None))
    if before:
        query = query.where(col(Notification.id) < before)
    return (await session.exec(query.limit(limit))).all()


async def unread_count(session: Session, team_id: str, account_id: str) -> int:
    """How many this person has not read."""
    count: Any = func.count()
    query = select(count).select_from(Notification).where(*_own(team_id, account_id))
    return (await session.exec(query.where(col(Notification.read_at).is_(None)))).one()


async def mark_read(
    session: Session, team_id: str, account_id: str, ids: Sequence[str] | None, at: datetime
) -> None:
    """Note that these, or all, are read; those that were keep their moment."""
    rows = update(Notification).where(*_own(team_id, account_id), col(Notification.read_at).is_(None))
    if ids is not None:
        rows = rows.where(col(Notification.id).in_(ids))
    await session.exec(rows.values(read_at=at))


async def mark_read_about(session: Session, team_id: str, about: str, at: datetime) -> None:
    """Note for everybody of the team that a cause is over, with all that begins with it and a colon."""
    rows = update(Notification).where(
        col(Notification.team_id) == team_id,
        or_(
            col(Notification.about) == about, col(Notification.about).startswith(f"{about}:", autoescape=True)
        ),
        col(Notification.read_at).is_(None),
    )
    await session.exec(rows.values(read_at=at))


async def forget(session: Session, team_id: str, account_id: str, before: datetime) -> None:
    """Remove what is old."""
    old = col(Notification.created_at) < before
    await session.exec(delete(Notification).where(*_own(team_id, account_id), old))


def _own(team_id: str, account_id: str) -> list[ColumnElement[bool]]:
    return [col(Notification.team_id) == team_id, col(Notification.account_id) == account_id]
