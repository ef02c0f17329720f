"""All queries on approvals, each inside the team of whoever asks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select

from backend.approvals.models import Approval, Decision
from backend.core.db import Session
from backend.engine.ports import StepId
from backend.identity.models import Account
from backend.runs.models import Run
from backend.runs.schemas import TERMINAL
from backend.workflows.models import Workflow

Row = tuple[Approval, Decision | None, str, str]
"""An approval, its decision, the name of its workflow and the status of its run."""


def _open() -> ColumnElement[bool]:
    return and_(col(Approval.status) == "open", col(Run.status).not_in(TERMINAL))


async def get(session: Session, team_id: str, approval_id: str) -> Row | None:
    """One approval, if it is the team's."""
    return (await session.exec(_rows(team_id).where(col(Approval.id) == approval_id))).first()


def _rows(team_id: str):
    return (
        select(Approval, Decision, Workflow.name, Run.status)
        .join(Decision, col(Decision.approval_id) == col(Approval.id), isouter=True)
        .join(Workflow, col(Workflow.id) == col(Approval.workflow_id))
        .join(Run, col(Run.id) == col(Approval.run_id))
        .where(col(Approval.team_id) == team_id)
    )


async def page(
    session: Session, team_id: str, *, only_open: bool, before: str | None, limit: int
) -> Sequence[Row]:
    """Approvals, newest first; ids sort by time."""
    query = _rows(team_id).order_by(col(Approval.id).desc()).limit(limit)
    if only_open:
        query = query.where(_open())
    if before:
        query = query.where(col(Approval.id) < before)
    return (await session.exec(query)).all()


async def all_open(session: Session, team_id: str) -> Sequence[Approval]:
    """Every open question of the team."""
    query = select(Approval).join(Run, col(Run.id) == col(Approval.run_id))
    return (await session.exec(query.where(col(Approval.team_id) == team_id, _open()))).all()


async def locked(session: Session, team_id: str, approval_id: str) -> Approval | None:
    """The approval, held against every other decider until the commit."""
    query = select(Approval).where(col(Approval.id) == approval_id, col(Approval.team_id) == team_id)
    return (
        await session.exec(
            query.with_for_update(key_share=True), execution_options={"populate_existing": True}
        )
    ).first()


async def of_step(session: Session, run_id: str, step: StepId) -> Approval | None:
    """The question that this visit has asked before, held until the commit."""
    query = select(Approval).where(
        col(Approval.run_id) == run_id,
        col(Approval.node_id) == step.node_id,
        col(Approval.path) == step.path,
        col(Approval.visit) == step.visit,
    )
    return (await session.exec(query.with_for_update(key_share=True))).first()


async def overdue(session: Session, now: datetime, limit: int) -> Sequence[Approval]:
    """Open questions whose time is over, of all teams; each is taken by one worker."""
    query = (
        select(Approval)
        .join(Run, col(Run.id) == col(Approval.run_id))
        .where(_open(), col(Approval.expires_at) <= now)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True, of=Approval)
    )
    return (await session.exec(query)).all()


async def anything_overdue(session: Session, now: datetime) -> bool:
    """True when an open question's time is over."""
    query = select(Approval.id).join(Run, col(Run.id) == col(Approval.run_id))
    return (
        await session.exec(query.where(_open(), col(Approval.expires_at) <= now).limit(1))
    ).first() is not None


async def decision(session: Session, approval_id: str) -> Decision:
    """The decision of an approval that has one."""
    return (await session.exec(select(Decision).where(col(Decision.approval_id) == approval_id))).one()


async def names(session: Session, account_ids: set[str]) -> dict[str, str]:
    """The names of people by their ids."""
    query = select(Account.id, Account.name).where(col(Account.id).in_(account_ids))
    return dict((await session.exec(query)).all())


async def count_open(session: Session) -> int:
    """Open questions of the whole installation, for the metrics."""
    query = select(func.count()).select_from(Approval).join(Run, col(Run.id) == col(Approval.run_id))
    return (await session.exec(query.where(_open()))).one()
