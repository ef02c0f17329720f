"""All queries of the audit trail."""

from collections.abc import AsyncGenerator

from sqlmodel import col, select

from backend.core.db import Session
from backend.identity.models import AuditEntry, Team

_PAGE = 500


async def lock(session: Session, team_id: str) -> None:
    """Let one transaction at a time add to a team's chain (SQLite's writers queue anyway)."""
    # Not the full lock of a row: that would wait for, and deadlock with, every insert that names the team.
    await session.exec(select(Team.id).where(Team.id == team_id).with_for_update(key_share=True))


async def last(session: Session, team_id: str) -> AuditEntry | None:
    """The newest entry of a team."""
    query = select(AuditEntry).where(AuditEntry.team_id == team_id)
    return (await session.exec(query.order_by(col(AuditEntry.number).desc()).limit(1))).first()


async def page(session: Session, team_id: str, before: int | None, limit: int) -> list[AuditEntry]:
    """Entries of a team below a number, newest first."""
    query = select(AuditEntry).where(AuditEntry.team_id == team_id)
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return list((await session.exec(query.order_by(col(AuditEntry.number).desc()).limit(limit))).all())


async def walk(session: Session, team_id: str) -> AsyncGenerator[AuditEntry]:
    """Every entry of a team, oldest first, a page at a time."""
    after = 0
    while True:
        query = select(AuditEntry).where(AuditEntry.team_id == team_id, AuditEntry.number > after)
        rows = (await session.exec(query.order_by(col(AuditEntry.number)).limit(_PAGE))).all()
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return
        after = rows[-1].number
