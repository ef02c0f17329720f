"""All queries on dead letters, each inside the team of whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select

from backend.core.db import Session
from backend.dead_letters.models import DeadLetter
from backend.dead_letters.schemas import LetterFilter
from backend.identity.models import Account
from backend.runs.models import Run
from backend.workflows.models import Workflow

Row = tuple[DeadLetter, str | None, Workflow, str | None]
"""A letter, the status of its run where it has one, the workflow, and the name of whoever closed the letter."""


_ALL = LetterFilter()
_WORKFLOW: Any = func.coalesce(Run.workflow_id, DeadLetter.workflow_id)


@dataclass(frozen=True)
class Wanted:
    """Which letters of which team; messages quote values, so they are searched only for callers who may read those."""

    team_id: str
    filter: LetterFilter = _ALL
    in_messages: bool = False


async def get(session: Session, team_id: str, letter_id: str) -> Row | None:
    """One letter, if it is the team's, as it is now."""
    query = _rows(Wanted(team_id)).where(col(DeadLetter.id) == letter_id)
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


async def locked(session: Session, team_id: str, letter_id: str) -> DeadLetter | None:
    """The letter as it is now, held against everybody else until the commit."""
    query = select(DeadLetter).where(col(DeadLetter.id) == letter_id, col(DeadLetter.team_id) == team_id)
    held = query.with_for_update(key_share=True)
    return (await session.exec(held, execution_options={"populate_existing": True})).first()


async def page(session: Session, wanted: Wanted, before: str | None, limit: int) -> Sequence[Row]:
    """Letters, newest first; ids sort by time."""
    query = _rows(wanted).order_by(col(DeadLetter.id).desc()).limit(limit)
    if before:
        query = query.where(col(DeadLetter.id) < before)
    return (await session.exec(query)).all()


async def oldest_open(session: Session, wanted: Wanted, limit: int) -> Sequence[str]:
    """The ids of open letters, the oldest first."""
    query = _rows(wanted).where(col(DeadLetter.status) == "open")
    return [row[0].id for row in await session.exec(query.order_by(col(DeadLetter.id)).limit(limit))]


async def count_open(session: Session, wanted: Wanted) -> int:
    """How many of these letters are open."""
    count: Any = func.count()
    query = (
        select(count).select_from(DeadLetter).join(Run, col(Run.id) == col(DeadLetter.run_id), isouter=True)
    )
    query = query.join(Workflow, col(Workflow.id) == _WORKFLOW)
    return (await session.exec(query.where(*_conditions(wanted), col(DeadLetter.status) == "open"))).one()


async def open_by_reason(session: Session, team_id: str | None) -> dict[str, int]:
    """How many letters are open, by their reason; without a team of the whole installation, for its metrics."""
    count: Any = func.count()
    query = select(DeadLetter.reason, count).where(col(DeadLetter.status) == "open")
    if team_id is not None:
        query = query.where(col(DeadLetter.team_id) == team_id)
    return dict((await session.exec(query.group_by(col(DeadLetter.reason)))).all())


def _rows(wanted: Wanted):
    return (
        select(DeadLetter, Run.status, Workflow, Account.name)
        .join(Run, col(Run.id) == col(DeadLetter.run_id), isouter=True)
        .join(Workflow, col(Workflow.id) == _WORKFLOW)
        .join(Account, col(Account.id) == col(DeadLetter.closed_by), isouter=True)
        .where(*_conditions(wanted))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    chosen, found = wanted.filter, [col(DeadLetter.team_id) == wanted.team_id]
    if chosen.status:
        found.append(col(DeadLetter.status) == chosen.status)
    if chosen.reason:
        found.append(col(DeadLetter.reason) == chosen.reason)
    if chosen.run:
        found.append(col(DeadLetter.run_id) == chosen.run)
    if chosen.workflow:
        found.append(or_(col(Workflow.id) == chosen.workflow, col(Workflow.slug) == chosen.workflow))
    if chosen.text:
        places: list[Any] = [DeadLetter.id, DeadLetter.run_id, DeadLetter.node_id, Workflow.name]
        places += [DeadLetter.message] if wanted.in_messages else []
        found.append(or_(*(col(place).icontains(chosen.text, autoescape=True) for place in places)))
    return found
