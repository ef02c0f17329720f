"""Every query about workflows, their versions and the logs of their drafts; each is bound to a team."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func
from sqlalchemy.orm import defer
from sqlmodel import col, delete, or_, select

from backend.core.db import Session
from backend.identity.models import Secret
from backend.workflows.models import DraftUpdate, Version, Workflow


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: entries older than the cursor, newest edits first."""

    limit: int = 50
    after: str | None = None  # the id of the last entry that the caller has
    search: str = ""
    archived: bool = False


async def find(session: Session, team_id: str, ref: str) -> Workflow | None:
    """The team's workflow of that id or slug."""
    return (await session.exec(_FOUND, params={"of_team": team_id, "ref": ref})).first()


_REF = bindparam("ref", type_=String)
_FOUND = select(Workflow).where(
    col(Workflow.team_id) == bindparam("of_team", type_=String),
    or_(col(Workflow.id) == _REF, col(Workflow.slug) == _REF),
)
"""Asked at every start of a run, as the one below; made once, since making them takes longer than asking them."""
_VERSION = select(Version).where(
    col(Version.workflow_id) == bindparam("of_workflow", type_=String), col(Version.id) == _REF
)


async def named(session: Session, team_id: str, name: str) -> Workflow | None:
    """The workflow of exactly this name that was edited last; archived ones do not count."""
    query = (
        select(Workflow)
        .where(Workflow.team_id == team_id, Workflow.name == name, col(Workflow.archived_at).is_(None))
        .order_by(col(Workflow.edited_at).desc())
        .limit(1)
    )
    return (await session.exec(query)).first()


async def page(session: Session, team_id: str, wanted: Page) -> Sequence[Workflow]:
    """One more than the limit, when there are more."""
    shown = col(Workflow.archived_at).is_not(None) if wanted.archived else col(Workflow.archived_at).is_(None)
    query = select(Workflow).where(Workflow.team_id == team_id, shown)
    if wanted.search:
        query = query.where(col(Workflow.name).icontains(wanted.search, autoescape=True))
    if wanted.after and (last := await find(session, team_id, wanted.after)):
        earlier = col(Workflow.edited_at) < last.edited_at
        tie = (col(Workflow.edited_at) == last.edited_at) & (col(Workflow.id) < last.id)
        query = query.where(or_(earlier, tie))
    newest = query.order_by(col(Workflow.edited_at).desc(), col(Workflow.id).desc())
    return (await session.exec(newest.limit(wanted.limit + 1))).all()


async def slugs_like(session: Session, team_id: str, slug: str) -> set[str]:
    """The team's slugs that begin with this one."""
    like = col(Workflow.slug).startswith(slug, autoescape=True)
    return set((await session.exec(select(Workflow.slug).where(Workflow.team_id == team_id, like))).all())


async def lock(session: Session, workflow_id: str) -> Workflow | None:
    """The workflow, held until the transaction ends: whoever numbers rows of it comes through here."""
    query = select(Workflow).where(Workflow.id == workflow_id).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    return found.first()


_DIAGRAM: Any = Version.diagram


async def versions(session: Session, workflow_id: str) -> Sequence[Version]:
    """The published and the named versions, newest first, without their diagrams: there may be many large ones."""
    shown = or_(col(Version.number).is_not(None), col(Version.name) != "")
    query = select(Version).where(Version.workflow_id == workflow_id, shown)
    newest = query.order_by(
        col(Version.created_at).desc(), col(Version.number).desc(), col(Version.id).desc()
    )
    return (await session.exec(newest.options(defer(_DIAGRAM, raiseload=True)))).all()


async def version(session: Session, workflow_id: str, version_id: str) -> Version | None:
    """One version by id, or by its number in digits."""
    found = (await session.exec(_VERSION, params={"of_workflow": workflow_id, "ref": version_id})).first()
    if found is None and version_id.isdecimal() and len(version_id) < 10:
        numbered = col(Version.number) == int(version_id)
        found = (
            await session.exec(select(Version).where(Version.workflow_id == workflow_id, numbered))
        ).first()
    return found


async def version_numbers(
    session: Session, version_ids: Iterable[str]
) -> dict[str, tuple[int | None, datetime]]:
    """The number of each version, and when it was made."""
    query = select(Version.id, Version.number, Version.created_at)
    found = await session.exec(query.where(col(Version.id).in_(list(version_ids))))
    return {version_id: (number, at) for version_id, number, at in found}


async def secret_names(session: Session, team_id: str) -> frozenset[str]:
    """The names of the team's secrets, which nodes may ask for."""
    return frozenset((await session.exec(select(Secret.name).where(Secret.team_id == team_id))).all())


async def snapshot(session: Session, workflow_id: str, digest: str) -> Version | None:
    """A version with exactly this diagram, a published one rather than a mere snapshot."""
    query = select(Version).where(Version.workflow_id == workflow_id, Version.digest == digest)
    return (await session.exec(query.order_by(col(Version.number).desc().nulls_last()))).first()


async def kept(session: Session, workflow_id: str, digest: str) -> bool:
    """Whether the history shows a version with exactly this diagram."""
    shown = or_(col(Version.number).is_not(None), col(Version.name) != "")
    query = select(Version.id).where(Version.workflow_id == workflow_id, Version.digest == digest, shown)
    return (await session.exec(query.limit(1))).first() is not None


async def last_number(session: Session, workflow_id: str) -> int:
    """The number of the newest published version, or 0."""
    query = select(func.max(Version.number)).where(Version.workflow_id == workflow_id)
    return (await session.exec(query)).one() or 0


async def updates(session: Session, workflow_id: str, after: int = 0) -> Sequence[DraftUpdate]:
    """The rows of the draft's log beyond a number, in order."""
    query = select(DraftUpdate).where(DraftUpdate.workflow_id == workflow_id, DraftUpdate.number > after)
    return (await session.exec(query.order_by(col(DraftUpdate.number)))).all()


async def last_update(session: Session, workflow_id: str) -> int:
    """The number of the last row of the draft's log, or 0."""
    query = select(func.max(DraftUpdate.number)).where(DraftUpdate.workflow_id == workflow_id)
    return (await session.exec(query)).one() or 0


async def forget_updates(session: Session, workflow_id: str, up_to: int) -> None:
    """Remove the rows that a compacted one replaces."""
    gone = delete(DraftUpdate).where(
        col(DraftUpdate.workflow_id) == workflow_id, col(DraftUpdate.number) <= up_to
    )
    await session.exec(gone)
