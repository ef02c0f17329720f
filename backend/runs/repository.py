"""All queries on runs, each inside the team of whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Row,
    String,
    bindparam,
    case,
    column,
    func,
    inspect,
    or_,
    table,
    update,
)
from sqlalchemy import select as select_columns
from sqlalchemy.orm import defer
from sqlmodel import col, select

from backend.core.db import Session
from backend.engine import blobs as stored
from backend.runs import filters, states
from backend.runs.filters import Filter
from backend.runs.models import EffectRecord, InboxItem, Run, RunEvent, RunLimit, StepRecord
from backend.runs.schemas import TERMINAL, RunStatus
from backend.workflows.models import Version, Workflow

_WAITING: tuple[RunStatus, ...] = ("waiting_person", "waiting_event", "waiting_time", "retrying")
# Of the layer above, which asks questions; a run that ends closes them.
_APPROVAL = table("approval", column("id"), column("run_id"), column("status"))
_RUN: Any = inspect(Run).local_table
_SOME = _RUN.select().where(_RUN.c.id.in_(bindparam("wanted", expanding=True)))
_REF = bindparam("ref", type_=String)
_PRIORITY = (
    select(RunLimit.priority)
    .where(
        col(RunLimit.team_id) == col(Workflow.team_id), col(RunLimit.workflow_id).in_((col(Workflow.id), ""))
    )
    .order_by(col(RunLimit.workflow_id).desc())
    .limit(1)
)
_PUBLISHED = select(
    Workflow.name, Workflow.published_version_id, func.coalesce(_PRIORITY.scalar_subquery(), "normal")
).where(
    col(Workflow.team_id) == bindparam("of_team", type_=String),
    or_(col(Workflow.id) == _REF, col(Workflow.slug) == _REF),
    col(Workflow.archived_at).is_(None),
    col(Workflow.published_version_id).is_not(None),
)
"""Asked with every start; made once, and without the session's objects, which take longer than asking."""
Listed = tuple[Run, str, int | None]
"""A run with its workflow's name and its version's number."""


@dataclass(frozen=True)
class Published:
    """A workflow whose published version may be played."""

    workflow_name: str
    version_id: str
    priority: str


async def get(session: Session, team_id: str, run_id: str) -> Run | None:
    """The run, if it is the team's."""
    query = select(Run).where(col(Run.id) == run_id, col(Run.team_id) == team_id)
    return (await session.exec(query)).first()


async def of_any_team(session: Session, run_id: str) -> Run:
    """The run of a step that asks or waits; it stays while they do."""
    return (await session.exec(select(Run).where(col(Run.id) == run_id))).one()


async def get_locked(session: Session, team_id: str, run_id: str) -> Run | None:
    """The run as it is now, held against every other writer until the commit."""
    query = (
        select(Run).where(col(Run.id) == run_id, col(Run.team_id) == team_id).with_for_update(key_share=True)
    )
    return (await session.exec(query, execution_options={"populate_existing": True})).first()


async def live_children(session: Session, team_id: str, run_id: str) -> Sequence[str]:
    """The runs that steps of this one started and that have not ended."""
    query = select(Run.id).where(col(Run.parent_run_id) == run_id, col(Run.team_id) == team_id)
    return (await session.exec(query.where(col(Run.status).not_in(TERMINAL)))).all()


async def by_key(session: Session, team_id: str, key: str) -> Run | None:
    """The run that was started under this idempotency key."""
    query = select(Run).where(col(Run.team_id) == team_id, col(Run.idempotency_key) == key)
    return (await session.exec(query)).first()


async def names(session: Session, run: Run) -> tuple[str, int | None]:
    """The name of the run's workflow and the number of its version."""
    query = (
        select(Workflow.name, Version.number)
        .join(Version, col(Version.workflow_id) == col(Workflow.id))
        .where(col(Version.id) == run.version_id)
    )
    return (await session.exec(query)).one()


async def published(session: Session, team_id: str, ref: str) -> Published | None:
    """What a start of the workflow of that id or slug plays; None where that is not simply its published version."""
    found = await (await session.connection()).execute(_PUBLISHED, {"of_team": team_id, "ref": ref})
    row = found.first()
    return Published(*row) if row else None


async def some(session: Session, run_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The rows of these runs, for who knows whose they are."""
    found = await (await session.connection()).execute(_SOME, {"wanted": run_ids})
    return {run.id: run for run in found}


async def ended(session: Session, run_ids: Sequence[str]) -> Sequence[str]:
    """Those of these runs that have ended."""
    query = select(Run.id).where(col(Run.id).in_(run_ids), col(Run.status).in_(TERMINAL))
    return (await session.exec(query)).all()


async def page(
    session: Session, team_id: str, wanted: Filter, before: str | None, limit: int
) -> Sequence[Listed]:
    """Runs without their (possibly large) inputs and outputs, newest first; ids sort by time."""
    query = (
        select(Run, Workflow.name, Version.number)
        .join(Workflow, col(Workflow.id) == col(Run.workflow_id))
        .join(Version, col(Version.id) == col(Run.version_id))
        .where(col(Run.team_id) == team_id, *filters.conditions(wanted))
        .order_by(col(Run.id).desc())
        .limit(limit)
        .options(defer(Run.input, raiseload=True), defer(Run.output, raiseload=True))
    )
    if before:
        query = query.where(col(Run.id) < before)
    return (await session.exec(query)).all()


async def last_of(session: Session, team_id: str, workflow_ids: Sequence[str]) -> Sequence[Listed]:
    """The newest run of each of these workflows that ever ran; ids sort by time."""
    newest = (
        select(func.max(Run.id))
        .where(col(Run.team_id) == team_id, col(Run.workflow_id).in_(workflow_ids))
        .group_by(col(Run.workflow_id))
    )
    query = (
        select(Run, Workflow.name, Version.number)
        .join(Workflow, col(Workflow.id) == col(Run.workflow_id))
        .join(Version, col(Version.id) == col(Run.version_id))
        .where(col(Run.id).in_(newest))
        .options(defer(Run.input, raiseload=True), defer(Run.output, raiseload=True))
    )
    return (await session.exec(query)).all()


async def version(session: Session, team_id: str, version_id: str) -> Version | None:
    """The version, if it is the team's."""
    query = select(Version).where(col(Version.id) == version_id, col(Version.team_id) == team_id)
    return (await session.exec(query)).first()


async def events_after(
    session: Session, team_id: str, run_id: str, after: int, limit: int
) -> Sequence[RunEvent]:
    """History rows with a greater number, in order."""
    query = (
        select(RunEvent)
        .where(col(RunEvent.run_id) == run_id, col(RunEvent.team_id) == team_id, col(RunEvent.seq) > after)
        .order_by(col(RunEvent.seq))
        .limit(limit)
    )
    return (await session.exec(query)).all()


class Told(NamedTuple):
    """What a history row says, without being a row that the session looks after."""

    run_id: str
    seq: int
    at: datetime
    kind: str
    node_id: str | None
    path: str
    visit: int
    attempt: int
    data: dict[str, Any]


_TOLD: tuple[Any, ...] = tuple(col(getattr(RunEvent, name)) for name in Told._fields)


async def told_after(session: Session, team_id: str, run_id: str, after: int, limit: int) -> list[Told]:
    """The same as `events_after`, a third of its cost: a long history is read by everyone who opens its run."""
    query = (
        select_columns(*_TOLD)
        .where(col(RunEvent.run_id) == run_id, col(RunEvent.team_id) == team_id, col(RunEvent.seq) > after)
        .order_by(col(RunEvent.seq))
        .limit(limit)
    )
    return [Told(*row) for row in await (await session.connection()).execute(query)]


async def steps(session: Session, team_id: str, run_id: str, limit: int) -> Sequence[StepRecord]:
    """Visits of nodes in the order in which they began."""
    query = (
        select(StepRecord)
        .where(col(StepRecord.run_id) == run_id, col(StepRecord.team_id) == team_id)
        .order_by(col(StepRecord.started_at), col(StepRecord.node_id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def blobs(session: Session, team_id: str, digests: Sequence[str]) -> dict[str, bytearray]:
    """Big values, whole, by the digests of their roots."""
    return await stored.whole(session, team_id, digests)


async def last_seqs(session: Session, run_ids: Sequence[str]) -> dict[str, int]:
    """How far each run's history has come; for the stream, which has checked the team before."""
    query = select(Run.id, Run.last_seq).where(col(Run.id).in_(run_ids))
    return dict((await session.exec(query)).all())


async def move(session: Session, run_id: str, target: RunStatus, **values: Any) -> bool:
    """Change the status along the table of allowed transitions; False when the run was elsewhere."""
    statement = (
        update(Run)
        .where(col(Run.id) == run_id, col(Run.status).in_(states.sources(target)))
        .values(**{"status": target, "shown_as": None, **values})
        .execution_options(synchronize_session="fetch")
    )
    moved = (await session.exec(statement)).rowcount == 1
    if moved and target in TERMINAL:
        await _close_questions(session, run_id)
    return moved


async def not_before(session: Session, run_id: str, at: datetime) -> None:
    """A queued run waits until then for a worker."""
    queued = update(Run).where(col(Run.id) == run_id, col(Run.status) == "queued")
    await session.exec(queued.values(wake_at=at))


async def _close_questions(session: Session, run_id: str) -> None:
    """In the transaction of the run's end; one that is being decided right now is left to its decider (`engine.sql`)."""
    still_open = select(_APPROVAL.c.id).where(_APPROVAL.c.run_id == run_id, _APPROVAL.c.status == "open")
    chosen = _APPROVAL.c.id.in_(still_open.with_for_update(skip_locked=True))
    await session.exec(update(_APPROVAL).where(chosen).values(status="closed"))


async def signal(session: Session, item: InboxItem) -> None:
    """Leave something for a waiting step. A parked run is queued; at a live one `wake_at` tells its worker to look."""
    session.add(item)
    await session.flush()
    await wake(session, item.run_id, item.at)


async def wake(session: Session, run_id: str, at: datetime) -> None:
    """Something came for the run: a parked one is queued; at a live one `wake_at` tells its worker to look."""
    waiting = col(Run.status).in_(_WAITING)
    woken = (
        update(Run)
        .where(col(Run.id) == run_id, or_(waiting, col(Run.status) == "running"))
        # One statement: a worker that lets go of the run at this moment is either before it or after it.
        .values(status=case((waiting, "queued"), else_=Run.status), wake_at=case((waiting, None), else_=at))
    )
    await session.exec(woken)


async def effects(session: Session, run_id: str, start: int, limit: int) -> Sequence[EffectRecord]:
    """What the steps of a run asked of the world, in a fixed order."""
    query = select(EffectRecord).where(col(EffectRecord.run_id) == run_id)
    names = ("node_id", "path", "visit", "attempt", "n")
    query = query.order_by(*(col(getattr(EffectRecord, name)) for name in names))
    return (await session.exec(query.offset(start).limit(limit))).all()


async def inbox(session: Session, run_id: str, keys: Sequence[str]) -> Sequence[InboxItem]:
    """What was sent to a run under these keys."""
    query = select(InboxItem).where(col(InboxItem.run_id) == run_id, col(InboxItem.key).in_(keys))
    return (await session.exec(query.order_by(col(InboxItem.at), col(InboxItem.key)))).all()
