"""All queries on plans, each inside the team of whoever asks."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import col, select

from backend.core.db import Session
from backend.planning.models import Plan, PlanVersion
from backend.planning.watch_models import PlanAdaptation, PlanDeviation, PlanRun


async def find(session: Session, team_id: str, plan_id: str) -> Plan | None:
    """The plan of that id."""
    query = select(Plan).where(col(Plan.id) == plan_id, col(Plan.team_id) == team_id)
    return (await session.exec(query)).first()


async def locked(session: Session, team_id: str, plan_id: str) -> Plan | None:
    """The same, held against everybody else until the commit."""
    query = select(Plan).where(col(Plan.id) == plan_id, col(Plan.team_id) == team_id)
    query = query.with_for_update(key_share=True)
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


async def page(session: Session, team_id: str, before: str | None, limit: int) -> Sequence[Plan]:
    """The newest first."""
    query = select(Plan).where(col(Plan.team_id) == team_id).order_by(col(Plan.id).desc()).limit(limit)
    if before:
        query = query.where(col(Plan.id) < before)
    return (await session.exec(query)).all()


async def version(session: Session, plan_id: str, number: int) -> PlanVersion | None:
    """One version."""
    return await session.get(PlanVersion, (plan_id, number))


async def versions(session: Session, plan_id: str) -> Sequence[PlanVersion]:
    """All versions, the newest first."""
    query = select(PlanVersion).where(col(PlanVersion.plan_id) == plan_id)
    return (await session.exec(query.order_by(col(PlanVersion.number).desc()))).all()


async def forget_runs(session: Session, plan_id: str) -> None:
    """What was told of runs of the plan; the runs stay."""
    for table in (PlanAdaptation, PlanDeviation, PlanRun):
        await session.exec(delete(table).where(col(table.plan_id) == plan_id))
    await session.flush()
