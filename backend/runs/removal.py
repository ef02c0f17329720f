"""Removes finished runs with everything that hangs on them, in small transactions, and the blobs that nobody uses any more."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, text, true, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, or_, select

from backend.core import clock, db
from backend.core.db import Session
from backend.engine import checkpoints
from backend.identity.models import Team
from backend.runs.models import Blob, BlobUse, Run
from backend.runs.retention import RetentionRule, rule
from backend.runs.schemas import TERMINAL

PAGE = 500
# The writers of blobs share this lock, see `engine.sql`. Who holds it alone sees every use, and nobody adds one meanwhile.
_ALONE = text("SELECT pg_advisory_xact_lock(7162001)")


async def teams(session: Session) -> list[str]:
    """The teams that may have something to remove."""
    return list((await session.exec(select(Team.id))).all())


async def due(
    session: Session, team_id: str, limit: int, *, besides: ColumnElement[bool] | None = None
) -> list[str]:
    """Finished runs that the team's rule does not keep, the oldest first, `besides` some.

    A run under a living one stays with it.
    """
    found = await rule(session, team_id)
    too_many = _too_many(team_id, found)
    conditions: list[ColumnElement[bool]] = []
    if found.days:
        old = clock.now() - timedelta(days=found.days)
        # By both moments: what was imported or forked ended before it came here.
        conditions.append((col(Run.finished_at) < old) & (col(Run.created_at) < old))
    if too_many is not None:
        conditions.append(col(Run.id).in_(too_many))
    if not conditions:
        return []
    query = (
        select(Run.id)
        .where(col(Run.team_id) == team_id, _finished(), ~_under_a_living_one(), or_(*conditions))
        .where(true() if besides is None else ~besides)
        .order_by(col(Run.id))
        .limit(limit)
    )
    return list((await session.exec(query)).all())


def _finished() -> ColumnElement[bool]:
    return col(Run.status).in_(TERMINAL)


def _under_a_living_one() -> ColumnElement[bool]:
    parent = aliased(Run)
    return (
        select(parent.id)
        .where(col(parent.id) == col(Run.parent_run_id), col(parent.status).not_in(TERMINAL))
        .exists()
    )


def _too_many(team_id: str, found: RetentionRule) -> Any:
    """Ids of finished runs behind the newest so many of their workflow; None where any number is kept."""
    if not found.per_workflow:
        return None
    place: Any = func.row_number().over(partition_by=col(Run.workflow_id), order_by=col(Run.id).desc())
    ranked = (
        select(col(Run.id), place.label("place")).where(col(Run.team_id) == team_id, _finished()).subquery()
    )
    return select(ranked.c.id).where(ranked.c.place > found.per_workflow)


async def remove(run_id: str) -> bool:
    """Remove a finished run, a page of rows a transaction; it goes on where a crash has left it. False if it is not finished."""
    async with db.database().reading() as session:
        run = (await session.exec(select(Run).where(col(Run.id) == run_id, _finished()))).first()
    if run is None:
        return False
    while await _blobs(run_id, run.team_id):
        pass
    async with db.database().transaction() as session:
        await checkpoints.delete(session, [run_id])
    for table, of_run in _hanging_on(run_id):
        while await _page(table, of_run):
            pass
    async with db.database().transaction() as session:
        await session.exec(delete(Run).where(col(Run.id) == run_id, _finished()))
    return True


async def _blobs(run_id: str, team_id: str) -> int:
    """Remove a page of the run's uses, and the blobs that nobody uses without them."""
    async with db.database().transaction() as session:
        if not db.database().is_sqlite:
            await (await session.connection()).execute(_ALONE)
        uses = select(BlobUse.digest).where(col(BlobUse.run_id) == run_id).limit(PAGE)
        digests = (await session.exec(uses)).all()
        if not digests:
            return 0
        mine = (col(BlobUse.run_id) == run_id, col(BlobUse.digest).in_(digests))
        await session.exec(delete(BlobUse).where(*mine))
        used = select(BlobUse.digest).where(col(BlobUse.team_id) == team_id, col(BlobUse.digest).in_(digests))
        alone = set(digests) - set((await session.exec(used)).all())
        await session.exec(delete(Blob).where(col(Blob.team_id) == team_id, col(Blob.digest).in_(alone)))
    return len(digests)


def _hanging_on(run_id: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Every table whose rows belong to a run, or to such a row, and which of them are this run's; those first that others need last."""
    run: Table = SQLModel.metadata.tables["run"]
    conditions: dict[Table, ColumnElement[bool]] = {}
    for table in SQLModel.metadata.sorted_tables:
        for key in table.foreign_keys:
            owner = key.column.table
            if owner is run:
                conditions[table] = key.parent == run_id
            elif owner in conditions and table not in conditions:
                conditions[table] = key.parent.in_(select_columns(key.column).where(conditions[owner]))
    yield from reversed(conditions.items())


async def _page(table: Table, of_run: ColumnElement[bool]) -> int:
    """Remove a page of rows."""
    key = tuple_(*table.primary_key.columns)
    some = select_columns(*table.primary_key.columns).where(of_run).limit(PAGE)
    async with db.database().transaction() as session:
        connection = await session.connection()
        return (await connection.execute(delete(table).where(key.in_(some)))).rowcount
