"""How many runs of a workflow and of a team are played at once, and which of the waiting ones comes first.

A run's place in the queue is a moment: that of its start, ten minutes earlier for an urgent run and ten minutes later
for one that may wait. So urgent runs overtake, and yet nothing waits for ever behind a stream of them.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select

from backend.core.db import Session
from backend.core.queue import Priority
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs.models import RunFields, RunLimit
from backend.workflows import service as workflows

LEAD: dict[str, timedelta] = {
    "high": timedelta(minutes=10),
    "normal": timedelta(0),
    "low": -timedelta(minutes=10),
}
MAX_AT_ONCE = 100_000


class Limits(BaseModel):
    """How many runs are played at once; none means as many as the workers take. Waiting for people does not count."""

    model_config = ConfigDict(extra="forbid")
    at_once: int | None = Field(default=None, ge=1, le=MAX_AT_ONCE)
    priority: Priority = Field(default="normal", description="Of runs whose start names none.")


async def of_team(session: Session, by: Principal) -> Limits:
    """The limits of the caller's whole team."""
    by.require("run.read")
    return _shown(await session.get(RunLimit, (by.team_id, "")))


async def of_workflow(session: Session, by: Principal, ref: str) -> Limits:
    """The limits of one workflow."""
    by.require("run.read")
    workflow = await workflows.get(session, by, ref)
    return _shown(await session.get(RunLimit, (by.team_id, workflow.id)))


async def limit_team(session: Session, by: Principal, wanted: Limits) -> Limits:
    """Limit the whole team; it takes effect at the next claim."""
    by.require("member.manage")
    await audit.record(session, by, "team.limits", by.team_id, wanted.model_dump())
    return await _store(session, by, "", wanted)


async def limit_workflow(session: Session, by: Principal, ref: str, wanted: Limits) -> Limits:
    """Limit one workflow; it takes effect at the next claim."""
    by.require("workflow.publish")
    workflow = await workflows.get(session, by, ref)
    await audit.record(session, by, "workflow.limits", workflow.id, wanted.model_dump())
    return await _store(session, by, workflow.id, wanted)


async def priority(session: Session, team_id: str, workflow_id: str) -> str:
    """How urgent a run is whose start does not say so: as its workflow's, else as its team's runs are."""
    mine = (col(RunLimit.team_id) == team_id, col(RunLimit.workflow_id).in_((workflow_id, "")))
    query = select(RunLimit.priority).where(*mine).order_by(col(RunLimit.workflow_id).desc())
    return (await session.exec(query.limit(1))).first() or "normal"


def rank(run: RunFields, priority: str) -> None:
    """Give a run that has just been made its place in the queue."""
    run.priority = priority
    run.rank_at = ranked(run.created_at, priority)


def ranked(created_at: datetime, priority: str) -> datetime:
    """The moment by which waiting runs are ordered."""
    return created_at - LEAD[priority]


async def _store(session: Session, by: Principal, workflow_id: str, wanted: Limits) -> Limits:
    row = await session.get(RunLimit, (by.team_id, workflow_id))
    row = row or RunLimit(team_id=by.team_id, workflow_id=workflow_id)
    row.at_once, row.priority = wanted.at_once, wanted.priority
    session.add(row)
    await session.flush()
    return _shown(row)


def _shown(row: RunLimit | None) -> Limits:
    return (
        Limits() if row is None else Limits.model_validate({"at_once": row.at_once, "priority": row.priority})
    )
