"""The family of a run: what it was forked from, what was forked from it, and what was forked from those."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import col, select

from backend.core.db import Session
from backend.identity.principal import Principal
from backend.runs import service
from backend.runs.models import Run
from backend.runs.schemas import RunStatus
from backend.workflows.models import Version

MOST = 200


class Forked(BaseModel):
    """A run of the family, without its values."""

    id: str
    forked_from_run_id: str | None
    forked_at: dict[str, Any] | None = Field(default=None, description="The step it was played anew from.")
    trigger: str
    status: RunStatus
    version_number: int | None
    created_at: datetime
    finished_at: datetime | None
    edited: list[str] = Field(default=[], description="The nodes that were given another output.")


class ForkTree(BaseModel):
    """All of them, each after the one it was forked from; `more` says that there are others."""

    items: list[Forked]
    more: bool


async def tree(session: Session, by: Principal, run_id: str) -> ForkTree:
    """From the first ancestor that is still there on."""
    run = await service.found(session, by, run_id)
    seen = {run.id}
    while run.forked_from_run_id and run.forked_from_run_id not in seen and len(seen) < MOST:
        parents = await _rows(session, by, col(Run.id) == run.forked_from_run_id)
        if not parents:
            break
        run = parents[0]
        seen.add(run.id)
    found, level = {run.id: run}, [run.id]
    while level and len(found) <= MOST:
        rows = await _rows(session, by, col(Run.forked_from_run_id).in_(level))
        level = [row.id for row in rows if row.id not in found]
        found |= {row.id: row for row in rows}
    numbers = await _numbers(session, {row.version_id for row in found.values()})
    items = [_shown(row, numbers) for row in list(found.values())[:MOST]]
    return ForkTree(items=_in_order(items), more=len(found) > MOST)


async def _rows(session: Session, by: Principal, which: Any) -> Sequence[Run]:
    query = select(Run).where(col(Run.team_id) == by.team_id, which).order_by(col(Run.id)).limit(MOST + 1)
    return (await session.exec(query)).all()


async def _numbers(session: Session, version_ids: set[str]) -> dict[str, int | None]:
    query = select(Version.id, Version.number).where(col(Version.id).in_(version_ids))
    return dict((await session.exec(query)).all())


def _shown(run: Run, numbers: dict[str, int | None]) -> Forked:
    edits: list[dict[str, Any]] = (run.acting or {}).get("edits") or []
    return Forked(
        **{
            name: getattr(run, name)
            for name in Forked.model_fields
            if name not in ("version_number", "edited")
        },
        version_number=numbers.get(run.version_id),
        edited=[str(edit["node_id"]) for edit in edits],
    )


def _in_order(items: list[Forked]) -> list[Forked]:
    """Each after its parent, siblings by age."""
    below: dict[str | None, list[Forked]] = {}
    known = {one.id for one in items}
    for one in items:
        parent = one.forked_from_run_id if one.forked_from_run_id in known else None
        below.setdefault(parent, []).append(one)
    found, waiting = list[Forked](), list(reversed(below.get(None, [])))
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += reversed(below.get(one.id, []))
    return found
