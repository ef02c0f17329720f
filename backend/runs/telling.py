"""Events that programs and people tell the whole team: kept like those that steps emit, and brought to every run that waits."""

import hashlib

from sqlmodel import col, select

from backend.core import clock, ids, json, once
from backend.core.db import Session
from backend.core.errors import Conflict
from backend.identity.principal import Principal
from backend.runs.models import TeamEvent
from backend.runs.schemas import EventPublic, SendEvent


async def send(
    session: Session, by: Principal, wanted: SendEvent, *, idempotency_key: str | None = None
) -> EventPublic:
    """Store an event of the team, once under its key; the workers bring it to the runs that wait for it or come to."""
    by.require("run.steer")
    json.require(wanted.payload, "payload")
    event_id = _under(by.team_id, idempotency_key) if idempotency_key else ids.new("evt")
    at = clock.now()
    payload = {
        "id": event_id,
        "name": wanted.topic,
        "key": wanted.key,
        "data": wanted.payload,
        "at": at.isoformat(),
        "by": by.account_id,
    }
    row = TeamEvent(
        id=event_id, team_id=by.team_id, name=wanted.topic, key=wanted.key, payload=payload, at=at
    )
    if await once.insert(session, row, unique=("id",)):
        return _shown(row, repeated=False)
    return _shown(await _before(session, row), repeated=True)


def _under(team_id: str, key: str) -> str:
    """The same key of the same team gives the same id, so the table itself lets an event be stored once."""
    return f"evt_{hashlib.sha256(f'{team_id}:{key}'.encode()).hexdigest()[:32]}"


async def _before(session: Session, row: TeamEvent) -> TeamEvent:
    stored = (await session.exec(select(TeamEvent).where(col(TeamEvent.id) == row.id))).one()
    if (stored.name, stored.key, stored.payload["data"]) != (row.name, row.key, row.payload["data"]):
        raise Conflict(
            "This idempotency key was used for another event.",
            fix="Use a new key for each event you mean; repeat a key only to repeat the same event.",
        )
    return stored


def _shown(row: TeamEvent, *, repeated: bool) -> EventPublic:
    return EventPublic(id=row.id, topic=row.name, key=row.key, at=row.at, repeated=repeated)
