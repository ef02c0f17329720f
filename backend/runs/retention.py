"""How long a team keeps its finished runs, and how much room they take."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, func, select

from backend.core.db import Session
from backend.core.settings import settings
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs.models import Retention, Run

MAX_DAYS, MAX_RUNS = 36_500, 1_000_000


class RetentionRule(BaseModel):
    """Finished runs are removed when they are older, or when their workflow has more newer ones; 0 is for ever, or all."""

    model_config = ConfigDict(extra="forbid")
    days: int = Field(ge=0, le=MAX_DAYS)
    per_workflow: int = Field(default=0, ge=0, le=MAX_RUNS)


class Kept(RetentionRule):
    """The team's rule, and what it keeps now."""

    runs: int
    bytes: int


async def rule(session: Session, team_id: str) -> RetentionRule:
    """The team's own rule, or that of the installation."""
    found = await session.get(Retention, team_id)
    if found is None:
        return RetentionRule(days=settings().retention_days)
    return RetentionRule(days=found.days, per_workflow=found.per_workflow)


async def kept(session: Session, by: Principal) -> Kept:
    """The rule of the caller's team, with the number and the size of its runs."""
    by.require("run.read")
    size: Any = func.coalesce(func.sum(Run.bytes), 0)
    query = select(func.count(), size).where(col(Run.team_id) == by.team_id)
    runs, total = (await session.exec(query)).one()
    found = await rule(session, by.team_id)
    return Kept(days=found.days, per_workflow=found.per_workflow, runs=runs, bytes=int(total))


async def change(session: Session, by: Principal, wanted: RetentionRule) -> Kept:
    """Give the team this rule; what it no longer keeps is removed within minutes, for good."""
    by.require("member.manage")
    row = await session.get(Retention, by.team_id) or Retention(team_id=by.team_id, days=0, per_workflow=0)
    row.days, row.per_workflow = wanted.days, wanted.per_workflow
    session.add(row)
    await audit.record(session, by, "team.retention", by.team_id, wanted.model_dump())
    await session.flush()
    return await kept(session, by)
