"""Which of the runs that are due may be claimed now: those for which their workflow and their team have room."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from backend.core.db import Session
from backend.runs.models import Run, RunLimit

columns: Any = select_columns  # of any number: SQLModel's own `select` is typed for four
_RANK: Any = func.coalesce(Run.rank_at, Run.created_at)
ORDER: tuple[Any, ...] = (_RANK, col(Run.id))
_UNLIMITED = 1_000_000_000
_CLAIMING = 7_215_001  # any number that nothing else locks


ANY = exists().where(col(RunLimit.at_once).is_not(None))
_ANY_LIMITS = select(ANY)


async def any_limits(session: Session) -> bool:
    """True when somebody limits how many runs are played at once; else claims need not count anything."""
    return (await session.exec(_ANY_LIMITS)).one()


async def alone(session: Session) -> None:
    """Let claims that count running runs follow each other, so that two never fill the same room. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await (await session.connection()).execute(text(f"SELECT pg_advisory_xact_lock({_CLAIMING})"))


def within_limits(due: ColumnElement[bool], limit: ColumnElement[int]) -> Any:
    """Ids of the first runs for which there is room. A run that must wait holds back no run behind it."""
    busy = _busy(Run.workflow_id)
    limited = and_(
        col(RunLimit.team_id) == col(Run.team_id), col(RunLimit.workflow_id) == col(Run.workflow_id)
    )
    place: Any = func.row_number().over(partition_by=Run.workflow_id, order_by=ORDER)
    first: Any = (
        columns(Run.id, Run.team_id, _RANK.label("rank"), place.label("place"), _free(busy).label("free"))
        .join(RunLimit, limited, isouter=True)
        .join(busy, busy.c.key == col(Run.workflow_id), isouter=True)
        .where(due)
        .subquery("by_workflow")
    )
    busy = _busy(Run.team_id)
    limited = and_(col(RunLimit.team_id) == first.c.team_id, col(RunLimit.workflow_id) == "")
    place = func.row_number().over(partition_by=first.c.team_id, order_by=(first.c.rank, first.c.id))
    second: Any = (
        columns(first.c.id, first.c.rank, place.label("place"), _free(busy).label("free"))
        .join_from(first, RunLimit, limited, isouter=True)
        .join(busy, busy.c.key == first.c.team_id, isouter=True)
        .where(first.c.place <= first.c.free)
        .subquery("by_team")
    )
    fits: Any = columns(second.c.id).where(second.c.place <= second.c.free)
    return fits.order_by(second.c.rank, second.c.id).limit(limit)


def _busy(key: Any) -> Any:
    """How many runs are played now, by workflow or by team."""
    query: Any = columns(key.label("key"), func.count().label("running")).where(col(Run.status) == "running")
    return query.group_by(key).subquery(f"busy_{key.key}")


def _free(busy: Any) -> Any:
    return func.coalesce(RunLimit.at_once, _UNLIMITED) - func.coalesce(busy.c.running, 0)
