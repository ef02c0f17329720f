"""Leaves messages to be sent, in the transaction of what they tell of."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, func, select

from backend.core import clock, ids, mail, once
from backend.core.db import Session
from backend.outgoing.models import Outgoing

KEEP_DAYS = 30


async def write_mail(session: Session, team_id: str, key: str, to: str, letter: mail.Letter) -> bool:
    """An e-mail, once under its key; False when it was written before, or nothing can be sent from here."""
    if not mail.configured():
        return False
    return await _write(
        session, team_id, key, {"sort": "mail", "address": to, "subject": letter.subject, "text": letter.text}
    )


async def write_call(session: Session, team_id: str, key: str, url: str, data: Mapping[str, Any]) -> bool:
    """A POST of JSON to an address of the team's choice, once under its key."""
    return await _write(session, team_id, key, {"sort": "webhook", "address": url, "data": dict(data)})


async def undelivered(session: Session, team_id: str) -> list[Outgoing]:
    """What could not be sent at all, newest first."""
    query = select(Outgoing).where(col(Outgoing.team_id) == team_id, col(Outgoing.status) == "failed")
    return list((await session.exec(query.order_by(col(Outgoing.id).desc()).limit(20))).all())


async def waiting(session: Session) -> int:
    """How many messages of the installation have not been sent yet."""
    query = select(func.count()).select_from(Outgoing).where(col(Outgoing.status) == "waiting")
    return (await session.exec(query)).one()


async def forget_old(session: Session) -> int:
    """Remove what was sent or given up long ago; how many."""
    before = clock.now() - timedelta(days=KEEP_DAYS)
    old = delete(Outgoing).where(col(Outgoing.status) != "waiting", col(Outgoing.created_at) < before)
    return (await session.exec(old)).rowcount


async def _write(session: Session, team_id: str, key: str, message: Mapping[str, Any]) -> bool:
    now = clock.now()
    row = Outgoing(id=ids.new("out"), team_id=team_id, key=key, created_at=now, next_at=now, **message)
    return await once.insert(session, row, unique=("key",))
