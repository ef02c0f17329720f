"""Where each of several runs is: the name of the node at which something happened last."""

from collections.abc import Sequence

from sqlalchemy import func, tuple_
from sqlmodel import col, select

from backend.core.db import Session
from backend.runs.models import Run, RunEvent
from backend.workflows import raw
from backend.workflows.models import Version

_BEGINS = ("step.started", "step.waiting", "step.retrying", "step.failed")


async def steps(session: Session, run_ids: Sequence[str]) -> dict[str, str]:
    """By run, for who knows whose they are; a run that has not begun is left out."""
    if not run_ids:
        return {}
    newest = (
        select(col(RunEvent.run_id), func.max(RunEvent.seq))
        .where(col(RunEvent.run_id).in_(run_ids), col(RunEvent.kind).in_(_BEGINS))
        .group_by(col(RunEvent.run_id))
    )
    place = tuple_(col(RunEvent.run_id), col(RunEvent.seq)).in_(newest)
    query = select(RunEvent.run_id, RunEvent.node_id, Run.version_id).join(
        Run, col(Run.id) == col(RunEvent.run_id)
    )
    rows = (await session.exec(query.where(place))).all()
    names = await _names(session, {version_id for _, _, version_id in rows})
    return {
        run_id: names.get((version_id, node_id or ""), node_id or "") for run_id, node_id, version_id in rows
    }


async def _names(session: Session, version_ids: set[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    query = select(Version).where(col(Version.id).in_(version_ids))
    for version in (await session.exec(query)).all():
        for node in raw.nodes(version.diagram):
            found[version.id, node["id"]] = node.get("name") or node["id"]
    return found
