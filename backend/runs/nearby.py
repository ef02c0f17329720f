"""Queries on what stands near a run: the last place of its history, and the last run of its workflow that went well."""

from sqlalchemy.orm import defer
from sqlmodel import col, select

from backend.core.db import Session
from backend.runs.models import Run, RunEvent
from backend.runs.repository import Listed
from backend.workflows.models import Version, Workflow


async def last_path(session: Session, run_id: str) -> str:
    """Where in the run something happened last: the path of that step."""
    query = (
        select(RunEvent.path)
        .where(col(RunEvent.run_id) == run_id, col(RunEvent.node_id).is_not(None))
        .where(col(RunEvent.kind) != "step.skipped")
        .order_by(col(RunEvent.seq).desc())
        .limit(1)
    )
    return (await session.exec(query)).first() or ""


async def last_good(session: Session, run: Run) -> Listed | None:
    """The newest run of the same workflow that went well and began before this one; replays and trials do not count."""
    query = (
        select(Run, Workflow.name, Version.number)
        .join(Workflow, col(Workflow.id) == col(Run.workflow_id))
        .join(Version, col(Version.id) == col(Run.version_id))
        .where(col(Run.team_id) == run.team_id, col(Run.workflow_id) == run.workflow_id)
        .where(col(Run.status) == "succeeded", col(Run.id) < run.id)
        .where(col(Run.trigger).not_in(("replay", "trial", "imported", "evaluation")))
        .order_by(col(Run.id).desc())
        .options(defer(Run.input, raiseload=True), defer(Run.output, raiseload=True))
        .limit(1)
    )
    return (await session.exec(query)).first()
