"""Runs and the runs that their steps started: made once a key, told of when they end, cancelled with their parent."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Conflict
from backend.engine.ports import Called, StepId
from backend.identity.principal import Principal
from backend.runs import entry_form, live, payloads, repository, service, starting, wake
from backend.runs.models import InboxItem, Run
from backend.runs.schemas import TERMINAL

_MOST = 200


async def start(
    session: Session, parent_id: str, step: StepId, key: str, called: Called, given: JsonValue
) -> str:
    """The run of this key, made now or before; it plays the versions that its parent was started with."""
    parent = await repository.of_any_team(session, parent_id)
    known = await repository.by_key(session, parent.team_id, key)
    if known is not None:
        return _own(known, parent_id)
    nodes: Any = called.diagram.model_dump(mode="json")["nodes"]
    starting.require_small(given)
    child = Run(
        id=ids.new("run"),
        team_id=parent.team_id,
        workflow_id=called.workflow_id,
        version_id=called.version_id,
        trigger="workflow",
        started_by=parent.started_by,
        input=entry_form.fitting(nodes, given),
        idempotency_key=key,
        parent_run_id=parent.id,
        parent_key=key,
        parent_step={"node_id": step.node_id, "path": step.path, "visit": step.visit},
        calls=parent.calls,
        created_at=clock.now(),
    )
    if await starting.store(session, child):
        return child.id
    return await start(session, parent_id, step, key, called, given)


def _own(known: Run, parent_id: str) -> str:
    if known.parent_run_id != parent_id:
        raise Conflict("The key of this step's run was used for another start.", run_id=known.id)
    return known.id


async def result(
    session: Session, team_id: str, run_id: str
) -> tuple[str, JsonValue, Mapping[str, Any] | None]:
    """Status, output and error."""
    run = await repository.get(session, team_id, run_id)
    if run is None:
        return "removed", None, None
    return run.status, await payloads.whole(session, team_id, run.output), run.error


async def tell(session: Session, run_id: str) -> None:
    """Put the end of a child into its parent's inbox, once. The parent is locked first, as a cancel does."""
    child = await repository.of_any_team(session, run_id)
    if child.parent_run_id is None:
        return
    parent = await repository.get_locked(session, child.team_id, child.parent_run_id)
    child = await repository.get_locked(session, child.team_id, run_id)
    if child is None or child.parent_key is None or child.status not in TERMINAL:
        return
    if parent is not None and parent.status not in TERMINAL:
        payload: JsonValue = {"run_id": child.id, "status": child.status}
        item = InboxItem(run_id=parent.id, key=child.parent_key, team_id=child.team_id, payload=payload,
                         at=clock.now())  # fmt: skip
        await repository.signal(session, item)
        live.hint_after_commit(session, parent.id, "deliver")
        wake.offer_after_commit(session, parent.id)
    child.parent_key = None
    session.add(child)


async def untold(session: Session) -> tuple[Sequence[str], Sequence[str]]:
    """Children that have ended and whose parent was not told, and children whose parent is over."""
    return (await session.exec(_ENDED)).all(), (await session.exec(_LEFT)).all()


async def end_with_parent(session: Session, run_id: str) -> None:
    """Cancel a child whose parent is over."""
    run = await repository.of_any_team(session, run_id)
    if run.status not in TERMINAL:
        by = Principal(run.team_id, run.started_by, "run", ("operator",), "system", run.id)
        await service.cancel(session, by, run.id)


_PARENT = aliased(Run)
_WAITING = col(Run.parent_key).is_not(None)
_ENDED = select(Run.id).where(_WAITING, col(Run.status).in_(TERMINAL)).limit(_MOST)
_LEFT = (
    select(Run.id)
    .join(_PARENT, col(_PARENT.id) == col(Run.parent_run_id))
    .where(_WAITING, col(Run.status).not_in(TERMINAL), ~col(Run.cancel_requested))
    .where(col(_PARENT.status).in_(TERMINAL))
    .limit(_MOST)
)
"""Asked twice a second: made once, since making the second one takes longer than asking it."""
