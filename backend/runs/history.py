"""Numbers and stores the history rows that are written outside the engine, and tells the watchers after the commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import update
from sqlmodel import col

from backend.core import clock, db
from backend.core.db import Session
from backend.engine import values
from backend.engine.ports import EventKind, StepId
from backend.engine.records import EVENT_BYTES
from backend.outgoing import news, topics
from backend.runs import live
from backend.runs.models import Run, RunEvent, RunFields
from backend.runs.repository import Told
from backend.runs.schemas import Event


@dataclass(frozen=True)
class Entry:
    """A history row to be."""

    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    step: StepId | None = None


_TOLD = {"run.failed": "run.failed", "run.cancelled": "run.cancelled", "approval.requested": "run.asks"}
"""What the team is told of it, where it listens; of what the engine writes the engine tells."""


async def append(session: Session, run_id: str, team_id: str, entry: Entry) -> Event:
    """Add one row with the next number.

    The UPDATE holds the run's row until the commit, so numbers become visible in their order and without a hole.
    """
    size = len(values.dumps(dict(entry.data))) + EVENT_BYTES
    counted = {"last_seq": Run.last_seq + 1, "bytes": Run.bytes + size}
    numbered = update(Run).where(col(Run.id) == run_id).values(**counted)
    seq = (await session.exec(numbered.returning(col(Run.last_seq)))).one()[0]
    step = entry.step or StepId("")
    row = RunEvent(
        run_id=run_id,
        seq=seq,
        team_id=team_id,
        at=clock.now(),
        kind=entry.kind,
        node_id=step.node_id or None,
        path=step.path,
        visit=step.visit,
        data=dict(entry.data),
    )
    session.add(row)
    if sort := _TOLD.get(entry.kind):
        error = {"error": entry.data["error"]} if entry.data.get("error") else {}
        told = {"run_id": run_id, "node_id": row.node_id, **error}
        await news.tell(session, team_id, topics.RUNS, sort, run_id, told, by=run_id)
    event = public(row)

    async def leave() -> None:
        await live.publish([event])

    db.after_commit(session, leave)
    return event


def first(run: RunFields, entry: Entry) -> dict[str, Any]:
    """The first event, as a row, of a run that is stored together with it."""
    data = dict(entry.data)
    run.last_seq, run.bytes = 1, run.bytes + len(values.dumps(data)) + EVENT_BYTES
    place = {"run_id": run.id, "seq": 1, "team_id": run.team_id, "at": run.created_at}
    return place | {"kind": entry.kind, "path": "", "visit": 1, "attempt": 1, "data": data}


def text(row: Told) -> str:
    """The row as both sockets carry it, and as the engine tells of it when it is new."""
    event = row._asdict() | {"at": row.at.isoformat().replace("+00:00", "Z")}
    return orjson.dumps(event).decode()


def public(row: RunEvent) -> Event:
    """The row as pages of the history have it."""
    return Event(
        run_id=row.run_id,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        node_id=row.node_id,
        path=row.path,
        visit=row.visit,
        attempt=row.attempt,
        data=row.data,
    )
