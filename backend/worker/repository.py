"""All queries of the worker: its own row, the runs it may claim, and those that dead workers left.

They act for the installation and not for a person, so there is no principal here; each row keeps its team.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Row,
    String,
    and_,
    bindparam,
    delete,
    exists,
    func,
    inspect,
    literal,
    or_,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.core import clock
from backend.core.columns import UtcDateTime
from backend.core.db import Session
from backend.runs.models import InboxItem, Run, RunEvent, Worker
from backend.worker import queueing
from backend.workflows.models import Version

updating: Any = update  # of a table that is typed as any
TIMED = ("waiting_person", "waiting_event", "waiting_time", "retrying")
_BEGINNINGS = ("run.started", "run.resumed")
_FINISHED_STEPS = ("step.succeeded", "step.failed", "step.skipped")


@dataclass(frozen=True)
class Held:
    """A run that this worker holds, and what is wished of it."""

    id: str
    cancel_requested: bool
    pause_requested: bool
    signalled: bool
    breakpoints: dict[str, Any] | None


def now(session: Session) -> ColumnElement[datetime]:
    """The database's time, the one clock that all workers share; SQLite's is that of this machine."""
    if session.get_bind().dialect.name == "postgresql":
        return func.clock_timestamp(type_=DateTime(timezone=True))
    return literal(clock.now(), UtcDateTime)


def _later(session: Session, seconds: float) -> ColumnElement[datetime]:
    if session.get_bind().dialect.name == "postgresql":
        return now(session) + timedelta(seconds=seconds)
    return literal(clock.now() + timedelta(seconds=seconds), UtcDateTime)


async def register(session: Session, worker: Worker, lease_seconds: float) -> None:
    """Add this worker's row."""
    session.add(worker)
    await session.flush()
    await beat(session, worker.id, 0, lease_seconds)


async def beat(session: Session, worker_id: str, live_runs: int, lease_seconds: float) -> bool:
    """Prolong the lease; False when the worker was declared dead, and so has lost its authority."""
    until = _later(session, lease_seconds)
    statement = update(Worker).where(col(Worker.id) == worker_id)
    return (await session.exec(statement.values(lease_until=until, live_runs=live_runs))).rowcount == 1


async def remove(session: Session, worker_ids: Sequence[str]) -> None:
    """Forget workers that left or died; their runs are orphans now."""
    await session.exec(delete(Worker).where(col(Worker.id).in_(worker_ids)))


async def remove_silent(session: Session, *, but: str) -> int:
    """Declare dead whoever else let their lease run out; how many."""
    silent = delete(Worker).where(col(Worker.lease_until) < now(session), col(Worker.id) != but)
    return (await session.exec(silent)).rowcount


async def anybody_silent(session: Session) -> bool:
    """True when a lease has run out; asked first because a look costs less than a write."""
    dialect = session.get_bind().dialect.name
    return (await session.exec(_anybody_silent(dialect), params=_at(dialect))).one()


@cache
def _anybody_silent(dialect: str) -> SelectOfScalar[bool]:
    return select(exists().where(col(Worker.lease_until) < _moment(dialect)))


def _moment(dialect: str) -> ColumnElement[datetime]:
    """The same for a statement that is made once; on SQLite it is given by `_at`."""
    if dialect == "postgresql":
        return func.clock_timestamp(type_=DateTime(timezone=True))
    return bindparam("moment", type_=UtcDateTime)


def _at(dialect: str) -> dict[str, Any]:
    return {} if dialect == "postgresql" else {"moment": clock.now()}


def _due(dialect: str) -> ColumnElement[bool]:
    moment = _moment(dialect)
    queued = and_(col(Run.status) == "queued", or_(col(Run.wake_at).is_(None), col(Run.wake_at) <= moment))
    return or_(queued, and_(col(Run.status).in_(TIMED), col(Run.wake_at) <= moment))


@cache
def _anything_due(dialect: str) -> SelectOfScalar[bool]:
    return select(exists().where(_due(dialect)))


async def anything_due(session: Session) -> bool:
    """True when a run waits to be claimed."""
    dialect = session.get_bind().dialect.name
    return (await session.exec(_anything_due(dialect), params=_at(dialect))).one()


_NEXT_WAKE = select(func.min(Run.wake_at)).where(col(Run.status).in_((*TIMED, "queued")))


async def next_wake(session: Session) -> datetime | None:
    """When the next parked run wants to go on."""
    return (await session.exec(_NEXT_WAKE)).one()


async def claim_within_limits(
    session: Session, worker_id: str, limit: int
) -> tuple[Sequence[Row[Any]], bool]:
    """Claim; also whether anybody limits how many runs are played. Where nobody does, one statement tells and claims."""
    rows = await claim(session, worker_id, limit)
    if rows or not await queueing.any_limits(session):
        return rows, False
    return await claim(session, worker_id, limit, limited=True), True


async def claim(session: Session, worker_id: str, limit: int, *, limited: bool = False) -> Sequence[Row[Any]]:
    """Take runs that are due, in the order of their rank. The token grows with every claim: it fences whoever had them before.

    A worker that was declared dead, and does not know it yet, gets none. Not `limited`, it gets none where limits are set.
    """
    dialect = session.get_bind().dialect.name
    if limited:
        await queueing.alone(session)
    given = {"by_worker": worker_id, "at_most": limit, **_at(dialect)}
    found = await (await session.connection()).execute(_claiming(dialect, limited), given)
    rows: Sequence[Row[Any]] = found.all()
    return sorted(rows, key=lambda run: run.id)


@cache
def _claiming(dialect: str, limited: bool) -> ReturningUpdate[Any]:
    """Made once: making it takes longer than the claim."""
    table: Any = inspect(Run).local_table
    most, worker = bindparam("at_most", type_=Integer), bindparam("by_worker", type_=String)
    alive = exists().where(col(Worker.id) == worker)
    chosen = select(Run.id).where(_due(dialect), alive)
    if not limited:
        chosen = chosen.where(~queueing.ANY)
    else:
        chosen = chosen.where(col(Run.id).in_(queueing.within_limits(_due(dialect), most)))
    chosen = chosen.order_by(*queueing.ORDER).limit(most)
    statement: Any = (
        updating(table)
        .where(table.c.id.in_(chosen.with_for_update(skip_locked=True, key_share=True)))
        .values(
            status="running",
            shown_as=None,
            worker_id=worker,
            token=table.c.token + 1,
            wake_at=None,
            started_at=func.coalesce(table.c.started_at, _moment(dialect)),
        )
        .returning(*table.c)
    )
    return statement


async def version(session: Session, version_id: str) -> Version:
    """An immutable drawing; a run's version stays as long as the run."""
    return (await session.exec(select(Version).where(col(Version.id) == version_id))).one()


_RUNS: Any = inspect(Run).local_table
_HELD: Any = (
    _RUNS.select()
    .with_only_columns(
        *(_RUNS.c[name] for name in ("id", "cancel_requested", "pause_requested", "wake_at", "breakpoints"))
    )
    .where(_RUNS.c.worker_id == bindparam("by_worker", type_=String), _RUNS.c.status == "running")
)


async def held(session: Session, worker_id: str) -> list[Held]:
    """The runs that the database believes this worker plays."""
    rows = await (await session.connection()).execute(_HELD, {"by_worker": worker_id})
    return [
        Held(row.id, row.cancel_requested, row.pause_requested, row.wake_at is not None, row.breakpoints)
        for row in rows
    ]


async def inbox(session: Session, run_id: str) -> Sequence[InboxItem]:
    """What was sent to the steps of a run."""
    return (await session.exec(select(InboxItem).where(col(InboxItem.run_id) == run_id))).all()


async def clear_mark(session: Session, run_id: str, worker_id: str) -> None:
    """The inbox was looked at; a signal that comes later sets the mark again."""
    mine = and_(col(Run.id) == run_id, col(Run.worker_id) == worker_id, col(Run.status) == "running")
    await session.exec(update(Run).where(mine).values(wake_at=None))


def _orphaned() -> ColumnElement[bool]:
    alive = exists().where(col(Worker.id) == col(Run.worker_id))
    return and_(col(Run.status) == "running", ~alive)


_ANY_ORPHANS = select(exists().where(_orphaned()))


async def any_orphans(session: Session) -> bool:
    """True when a dead worker left runs behind."""
    return (await session.exec(_ANY_ORPHANS)).one()


async def orphans(session: Session, limit: int) -> Sequence[Run]:
    """Runs whose worker is gone, held until the commit."""
    query = select(Run).where(_orphaned()).limit(limit)
    return (await session.exec(query.with_for_update(skip_locked=True, key_share=True))).all()


async def held_row(session: Session, run_id: str, worker_id: str) -> Run | None:
    """A run of this worker, if it is still its own; held until the commit."""
    query = select(Run).where(
        col(Run.id) == run_id, col(Run.worker_id) == worker_id, col(Run.status) == "running"
    )
    return (await session.exec(query.with_for_update(key_share=True))).first()


async def got_further(session: Session, run_id: str) -> bool:
    """True when a step was finished since the run was last begun or taken up."""
    begun = select(func.max(RunEvent.seq)).where(
        col(RunEvent.run_id) == run_id, col(RunEvent.kind).in_(_BEGINNINGS)
    )
    finished = exists().where(
        col(RunEvent.run_id) == run_id,
        col(RunEvent.kind).in_(_FINISHED_STEPS),
        col(RunEvent.seq) > func.coalesce(begun.scalar_subquery(), 0),
    )
    return (await session.exec(select(finished))).one()
