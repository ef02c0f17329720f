"""All queries on approvals, each inside the team of whoever asks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_
from sqlmodel import col, select

from backend.approvals.models import Approval, Decision, Note, Vote
from backend.core.db import Session
from backend.engine.ports import StepId
from backend.identity.models import Account, Member
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


async def open_rows(session: Session, team_id: str) -> Sequence[Row]:
    """Every open question of the team, newest first."""
    query = _rows(team_id).where(_open()).order_by(col(Approval.id).desc())
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


async def open_of_run(session: Session, run_id: str) -> Sequence[Approval]:
    """What a run asks now, held against every decider until the commit."""
    query = select(Approval).where(col(Approval.run_id) == run_id, col(Approval.status) == "open")
    return (await session.exec(query.order_by(col(Approval.id)).with_for_update(key_share=True))).all()


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


def _to_tell(now: datetime) -> ColumnElement[bool]:
    late = and_(col(Approval.escalate_at) <= now, ~col(Approval.escalated))
    return and_(_open(), or_(late, col(Approval.remind_at) <= now))


async def to_tell(session: Session, now: datetime, limit: int) -> Sequence[Approval]:
    """Open questions of which people are to be reminded, or that are to be escalated; each is taken by one worker."""
    query = (
        select(Approval)
        .join(Run, col(Run.id) == col(Approval.run_id))
        .where(_to_tell(now))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True, of=Approval)
    )
    return (await session.exec(query)).all()


async def anything_to_tell(session: Session, now: datetime) -> bool:
    """True when somebody is to be reminded, or a question to be escalated."""
    query = select(Approval.id).join(Run, col(Run.id) == col(Approval.run_id))
    return (await session.exec(query.where(_to_tell(now)).limit(1))).first() is not None


async def votes(session: Session, approval_ids: Sequence[str]) -> Sequence[Vote]:
    """Who has approved so far, in their order."""
    query = select(Vote).where(col(Vote.approval_id).in_(approval_ids))
    return (await session.exec(query.order_by(col(Vote.at), col(Vote.id)))).all()


async def take_back(session: Session, approval_id: str, account_id: str) -> None:
    """Remove what a person said before."""
    mine = (col(Vote.approval_id) == approval_id, col(Vote.account_id) == account_id)
    await session.exec(delete(Vote).where(*mine))


async def thread(session: Session, approval_id: str) -> Sequence[Note]:
    """What was said and done, in its order."""
    query = select(Note).where(col(Note.approval_id) == approval_id)
    return (await session.exec(query.order_by(col(Note.at), col(Note.id)))).all()


async def earlier(session: Session, approval: Approval, limit: int) -> Sequence[tuple[Approval, Decision]]:
    """The newest decisions of the same node."""
    query = (
        select(Approval, Decision)
        .join(Decision, col(Decision.approval_id) == col(Approval.id))
        .where(
            col(Approval.team_id) == approval.team_id,
            col(Approval.workflow_id) == approval.workflow_id,
            col(Approval.node_id) == approval.node_id,
            col(Approval.id) != approval.id,
        )
        .order_by(col(Decision.at).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def people(session: Session, team_id: str) -> Sequence[tuple[Member, Account]]:
    """Everybody of the team."""
    query = select(Member, Account).join(Account, col(Account.id) == col(Member.account_id))
    return (await session.exec(query.where(col(Member.team_id) == team_id).order_by(col(Account.name)))).all()


async def workflow_name(session: Session, workflow_id: str) -> str:
    """The name of a workflow."""
    return (await session.exec(select(Workflow.name).where(col(Workflow.id) == workflow_id))).one()


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
