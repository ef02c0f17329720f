"""Numbers and stores the history rows that are written outside the engine, and tells the watchers after the commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from backend.core import clock, db
from backend.core.db import Session
from backend.engine import values
from backend.engine.ports import EventKind, StepId
from backend.engine.records import EVENT_BYTES
from backend.runs import live
from backend.runs.models import Run, RunEvent
from backend.runs.schemas import Event


@dataclass(frozen=True)
class Entry:
    """A history row to be."""

    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    step: StepId | None = None


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
    event = public(row)

    async def leave() -> None:
        await live.publish([event])

    db.after_commit(session, leave)
    return event


def first(run: Run, entry: Entry) -> RunEvent:
    """The first event of a run that is stored together with it."""
    data = dict(entry.data)
    run.last_seq, run.bytes = 1, len(values.dumps(data)) + EVENT_BYTES
    return RunEvent(run_id=run.id, seq=1, team_id=run.team_id, at=run.created_at, kind=entry.kind, data=data)


def public(row: RunEvent) -> Event:
    """The row as both sockets carry it."""
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
