"""Events that Quadrille itself tells a team, as rows beside what the team tells itself, where somebody listens to them.

The tables are those of the layers above, so they are spoken of by name here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, String, column, select, table, union

from backend.core import clock, ids
from backend.core.columns import Json, UtcDateTime
from backend.core.db import Session

_EVENT = table(
    "team_event",
    column("id", String),
    column("team_id", String),
    column("name", String),
    column("key", String),
    column("type", String),
    column("payload", Json),
    column("at", UtcDateTime),
    column("sent_on", Boolean),
)
_WAIT = table("event_wait", column("team_id", String), column("name", String))
_TRIGGER = table("event_trigger", column("team_id", String), column("topic", String))


def payload(
    event_id: str, topic: str, key: str, sort: str, data: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """What whoever waits for it receives."""
    told = {"id": event_id, "name": topic, "key": key, "type": sort, "data": dict(data)}
    return told | {"at": at.isoformat(), "by": "quadrille"}


async def listeners(session: Session, topic: str) -> set[str]:
    """The teams that hear of this topic."""
    waits = select(_WAIT.c.team_id).where(_WAIT.c.name == topic)
    begins = select(_TRIGGER.c.team_id).where(_TRIGGER.c.topic == topic)
    found = await (await session.connection()).execute(union(waits, begins))
    return {row[0] for row in found}


async def tell(  # noqa: PLR0913 - an event has these parts
    session: Session,
    team_id: str | None,
    topic: str,
    sort: str,
    key: str,
    data: Mapping[str, Any],
    *,
    by: str = "",
) -> None:
    """Store it with the transaction under way, for this team or for all, where they listen."""
    heard = await listeners(session, topic)
    for team in sorted(heard if team_id is None else heard & {team_id}):
        event_id, at = ids.new("evt"), clock.now()
        told = payload(event_id, topic, key, sort, {"type": sort, **data}, at)
        told |= {"by": by} if by else {}
        row = {"id": event_id, "team_id": team, "name": topic, "key": key, "type": sort, "payload": told}
        await (await session.connection()).execute(_EVENT.insert().values(**row, at=at, sent_on=False))
