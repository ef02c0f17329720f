"""Signals to a run and events of the team: kept from the moment they are accepted, and brought to whoever waits for them."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import delete
from sqlmodel import col, select

from backend.core import clock, ids, json, once
from backend.core.db import Session
from backend.core.errors import Conflict, NotFound
from backend.core.settings import settings
from backend.engine import signals as form
from backend.identity.principal import Principal
from backend.runs import live, repository, states, wake
from backend.runs.models import EventDelivery, EventWait, InboxItem, Run, StepCache, TeamEvent
from backend.runs.schemas import TERMINAL, SendSignal, SignalPublic
from backend.workflows.models import EventTrigger, Workflow

AT_ONCE = 100


async def send(
    session: Session, by: Principal, run_id: str, wanted: SendSignal, *, idempotency_key: str | None = None
) -> SignalPublic:
    """Store a signal for one run, once under its key; the run goes on with it, now or when it comes to wait for it."""
    by.require("run.steer")
    run = await repository.get_locked(session, by.team_id, run_id)
    if run is None:
        raise NotFound("There is no such run.")
    json.require(wanted.payload, "payload")
    signal_id, at = idempotency_key or ids.new("sig"), clock.now()
    item = InboxItem(
        run_id=run.id,
        key=form.inbox_key(wanted.name, wanted.key, signal_id),
        team_id=run.team_id,
        payload=_received(wanted.name, wanted.key, wanted.payload, at, by.account_id),
        at=at,
    )
    stored = await _before(session, item) if idempotency_key else None
    if stored is None:
        if run.status in TERMINAL:
            raise states.WrongState("The run has ended; nothing waits in it any more.", status_now=run.status)
        await _leave(session, item)
    at = stored.at if stored else at
    return SignalPublic(
        id=signal_id, run_id=run.id, name=wanted.name, key=wanted.key, at=at, repeated=stored is not None
    )


_UNSENT = select(TeamEvent.id).where(~col(TeamEvent.sent_on)).limit(1)


async def anything_to_send_on(session: Session) -> bool:
    """True when an event of some team has not been brought to those who wait for it."""
    return (await session.exec(_UNSENT)).first() is not None


async def send_on(session: Session) -> int:
    """Bring events to the runs of their team that wait for them; how many there were.

    A step first makes its wait known and then looks at the events that came before; this looks at the waits only after
    the event is committed. So one of the two sees the other, and what both see is stored once.
    """
    fresh = (
        select(TeamEvent)
        .where(~col(TeamEvent.sent_on))
        .order_by(col(TeamEvent.at), col(TeamEvent.id))
        .limit(AT_ONCE)
    )
    events = (await session.exec(fresh.with_for_update(skip_locked=True, key_share=True))).all()
    for event in events:
        for run_id, waits_for in await _who_waits(session, event):
            key = form.inbox_key(event.name, waits_for, event.id)
            item = InboxItem(
                run_id=run_id, key=key, team_id=event.team_id, payload=event.payload, at=event.at
            )
            await _leave(session, item)
        await _to_begin(session, event)
        event.sent_on = True
        session.add(event)
    return len(events)


async def forget_kept_results(session: Session) -> int:
    """Remove results of steps whose time is over; how many there were."""
    return (await session.exec(delete(StepCache).where(col(StepCache.expires_at) < clock.now()))).rowcount


async def forget_old(session: Session) -> int:
    """Remove events that no run can still be waiting for, and the waits of runs that have ended; how many events."""
    ended = select(Run.id).where(col(Run.status).in_(TERMINAL))
    await session.exec(delete(EventWait).where(col(EventWait.run_id).in_(ended)))
    before = clock.now() - timedelta(days=settings().retention_days)
    settled = delete(EventDelivery).where(col(EventDelivery.due_at) < before)
    await session.exec(settled.where(col(EventDelivery.status).in_(("started", "passed_over"))))
    on_the_way = select(EventDelivery.event_id)
    old = delete(TeamEvent).where(
        col(TeamEvent.at) < before, col(TeamEvent.sent_on), col(TeamEvent.id).not_in(on_the_way)
    )
    return (await session.exec(old)).rowcount


async def _leave(session: Session, item: InboxItem) -> None:
    """Put it into the run's inbox, unless it is there, and wake whoever plays the run."""
    if not await once.insert(session, item, unique=("run_id", "key")):
        return
    await repository.wake(session, item.run_id, item.at)
    live.hint_after_commit(session, item.run_id, "deliver")
    wake.offer_after_commit(session, item.run_id)


async def _before(session: Session, item: InboxItem) -> InboxItem | None:
    """The signal that was stored under the same idempotency key; raises Conflict where it was another one."""
    suffix = ":" + item.key.rpartition(":")[2]
    query = select(InboxItem).where(
        col(InboxItem.run_id) == item.run_id, col(InboxItem.key).endswith(suffix, autoescape=True)
    )
    found = [row for row in (await session.exec(query)).all() if form.is_signal(row.key)]
    for row in found:
        if not row.key.endswith(suffix):  # SQLite takes no notice of case
            continue
        if row.key != item.key or row.payload["data"] != item.payload["data"]:
            raise Conflict(
                "This idempotency key was used for another signal.",
                fix="Use a new key for each signal you mean; repeat a key only to repeat the same signal.",
            )
        return row
    return None


async def _who_waits(session: Session, event: TeamEvent) -> list[tuple[str, str]]:
    """Ids of the runs, in their order, so that two workers never lock crosswise; and the key by which each waits.

    What Quadrille itself tells is waited for by what it is about, by its type or without a key; no run hears of itself.
    """
    keys = {event.key, event.type, ""} if event.type else {event.key}
    about = str(event.payload["by"]) if event.type else ""
    query = (
        select(EventWait.run_id, EventWait.key)
        .join(Run, col(Run.id) == col(EventWait.run_id))
        .where(
            col(EventWait.team_id) == event.team_id,
            col(EventWait.name) == event.name,
            col(EventWait.key).in_(keys),
            ~col(EventWait.over),
            col(EventWait.run_id) != about,
            col(Run.status).not_in(TERMINAL),
        )
        .distinct()
        .order_by(col(EventWait.run_id), col(EventWait.key))
    )
    return list((await session.exec(query)).all())


async def _to_begin(session: Session, event: TeamEvent) -> None:
    """Note each workflow that begins with it; `worker.beginnings` starts the runs."""
    query = (
        select(EventTrigger.id)
        .join(Workflow, col(Workflow.id) == col(EventTrigger.workflow_id))
        .where(
            col(EventTrigger.team_id) == event.team_id,
            col(EventTrigger.topic) == event.name,
            col(EventTrigger.type).in_(("", event.type)),
            col(Workflow.archived_at).is_(None),
            col(Workflow.starts_paused_at).is_(None),
        )
    )
    for trigger_id in (await session.exec(query)).all():
        row = EventDelivery(
            event_id=event.id, trigger_id=trigger_id, team_id=event.team_id, due_at=clock.now()
        )
        await once.insert(session, row, unique=("event_id", "trigger_id"))


def _received(name: str, key: str, data: JsonValue, at: datetime, by: str) -> dict[str, Any]:
    """What the waiting step gets."""
    return {"name": name, "key": key, "data": data, "at": at.isoformat(), "by": by}
