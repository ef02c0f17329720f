"""Begins runs of workflows that begin with an event or by the clock: once each, tried as often as it takes, given up in the open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from pydantic import JsonValue
from sqlalchemy import and_, or_, tuple_
from sqlmodel import col, select

from backend.core import clock, db, failpoints, log
from backend.core.db import Session
from backend.core.errors import Conflict, QuadrilleError
from backend.dead_letters import events as letters
from backend.identity.principal import Principal
from backend.nodes.beginnings import EventStart
from backend.nodes.schedules import ScheduleStart
from backend.runs import starting
from backend.runs.models import EventDelivery, Run, TeamEvent
from backend.runs.schemas import TERMINAL
from backend.workflows.event_starts import CLOCK
from backend.workflows.models import EventTrigger, Workflow

MOST_TRIES, AT_ONCE = 5, 20
MOST_IN_CHAIN = 10
"""So many runs may begin each other by events; one more would be the sign of a circle."""
_log = log.get(__name__)
_DUE = select(EventDelivery, TeamEvent, EventTrigger).join(
    TeamEvent, col(TeamEvent.id) == col(EventDelivery.event_id)
)
_TRIGGERED = _DUE.join(EventTrigger, col(EventTrigger.id) == col(EventDelivery.trigger_id), isouter=True)


Busy = Literal["begin_anyway", "queue", "wait", "skip"]
"""What becomes of one while an earlier run of its key goes on; where one `wait`s, those that come after it are skipped."""


class ChainTooLong(Conflict):
    """Runs begin each other by events, again and again."""

    code, title = "event_chain", "Too many runs in a chain"


@dataclass(frozen=True)
class Begun:
    """What a run is begun with, and what becomes of it while an earlier one of its key goes on."""

    given: JsonValue
    key: str
    busy: Busy


async def look() -> int:
    """Begin what is due; how many deliveries were looked at."""
    await _next_of_each_key()
    paused = and_(col(Workflow.starts_paused_at).is_not(None), col(EventDelivery.redriven_by) == "")
    query = _TRIGGERED.join(Workflow, col(Workflow.id) == col(EventTrigger.workflow_id), isouter=True)
    query = query.where(col(EventDelivery.status) == "due", col(EventDelivery.due_at) <= clock.now(), ~paused)
    query = query.order_by(col(EventDelivery.due_at), col(EventDelivery.event_id)).limit(AT_ONCE)
    async with db.database().reading() as session:
        due = (await session.exec(query)).all()
    for delivery, event, trigger in due:
        await _deliver(delivery, event, trigger)
    return len(due)


async def _deliver(delivery: EventDelivery, event: TeamEvent, trigger: EventTrigger | None) -> None:
    """A wrong event is given up at once, what may yet succeed after some tries."""
    try:
        begun = await _wanted(delivery, event, trigger)
        async with db.database().transaction() as session:
            failpoints.passed("clock.begins")
            await _begin(session, delivery, trigger, event, begun)
            failpoints.passed("clock.begun")
    except QuadrilleError as error:
        await _fail(delivery, event, trigger, error, hopeless=error.status < 500 and error.status != 429)
    except Exception as error:  # noqa: BLE001 - whatever it is, the event must not be lost over it
        _log.warning("an event could not begin a run yet", event_id=event.id, error=str(error))
        await _fail(delivery, event, trigger, error, hopeless=False)


async def _wanted(delivery: EventDelivery, event: TeamEvent, trigger: EventTrigger | None) -> Begun | None:
    """None where no run is to begin: the condition does not hold, or the workflow begins with it no longer."""
    if trigger is None:
        return None
    told = _told(event)
    if trigger.topic == CLOCK:
        timed = ScheduleStart.model_validate(trigger.config)
        begun = Begun(None, "", _patience(timed, redriven=bool(delivery.redriven_by)))
        return replace(begun, given=delivery.given["value"] if delivery.given else await timed.given(told))
    wanted = EventStart.model_validate(trigger.config)
    begun = Begun(None, await wanted.correlation(told), "queue" if wanted.one_at_a_time else "begin_anyway")
    if delivery.given is None and not delivery.redriven_by and not await wanted.wants(told):
        return None
    return replace(begun, given=delivery.given["value"] if delivery.given else await wanted.given(told))


def _patience(wanted: ScheduleStart, *, redriven: bool) -> Busy:
    """Whoever redrives a time means it: it waits rather than being skipped."""
    if redriven and wanted.while_running != "begin_anyway":
        return "queue"
    return wanted.while_running


def _told(event: TeamEvent) -> Mapping[str, JsonValue]:
    """The event as expressions of a start see it."""
    return {"topic": event.name, "type": event.type, **event.payload}


async def _begin(
    session: Session,
    seen: EventDelivery,
    trigger: EventTrigger | None,
    event: TeamEvent,
    begun: Begun | None,
) -> None:
    row = await _held(session, seen)
    if row is None:
        return
    session.add(row)
    if trigger is None or begun is None:
        row.status = "passed_over"
        return
    if stays := await _stays(session, event, trigger, begun):
        row.status, row.key = stays, begun.key
        return
    depth = 1 if row.redriven_by else await _depth(session, str(event.payload.get("by", ""))) + 1
    if depth > MOST_IN_CHAIN:
        raise ChainTooLong(
            f"This would be run {depth} of a chain in which each run was begun by an event of the one before; "
            f"{MOST_IN_CHAIN} are allowed.",
            fix="Look for workflows whose events begin each other in a circle, and narrow their conditions.",
        )
    by = Principal(
        row.team_id, row.redriven_by or trigger.created_by, "event", ("operator", "viewer"), "system"
    )
    run = await starting.start(
        session,
        by,
        workflow_id=trigger.workflow_id,
        input=begun.given,
        version="published",
        idempotency_key=f"event:{event.id}:{trigger.id}",
        trigger="schedule" if trigger.topic == CLOCK else "event",
    )
    row.status, row.run_id, row.key, row.depth = "started", run.id, begun.key, depth


async def _next_of_each_key() -> None:
    """Where no run of its key goes on any more, the first event that waits for that is due.

    Only that one: thousands that wait for one run must not be looked at again and again while others wait behind them.
    """
    groups: Any = select(EventDelivery.trigger_id, EventDelivery.key)
    groups = groups.where(col(EventDelivery.status) == "waiting").distinct().subquery()
    begun = (col(EventDelivery.trigger_id) == groups.c.trigger_id, col(EventDelivery.key) == groups.c.key)
    live = select(Run.id).where(col(Run.id) == col(EventDelivery.run_id), col(Run.status).not_in(TERMINAL))
    taken = select(EventDelivery.event_id).where(
        *begun, or_(col(EventDelivery.status) == "due", live.exists())
    )
    free = select(groups.c.trigger_id, groups.c.key).where(~taken.exists()).limit(AT_ONCE)
    async with db.database().reading() as session:
        found = (await session.exec(free)).all()
    for trigger_id, key in found:
        first = (
            _waiting(trigger_id, key)
            .order_by(col(TeamEvent.at), col(TeamEvent.id))
            .limit(1)
            .with_for_update(skip_locked=True, of=EventDelivery, key_share=True)
        )
        async with db.database().transaction() as session:
            if row := (await session.exec(first)).first():
                row.status, row.due_at = "due", clock.now()
                session.add(row)


def _waiting(trigger_id: str, key: str):
    query = select(EventDelivery).join(TeamEvent, col(TeamEvent.id) == col(EventDelivery.event_id))
    return query.where(
        col(EventDelivery.trigger_id) == trigger_id,
        col(EventDelivery.key) == key,
        col(EventDelivery.status) == "waiting",
    )


async def _held(session: Session, seen: EventDelivery) -> EventDelivery | None:
    """The delivery, held until the commit, unless somebody else is at it or has done it."""
    query = select(EventDelivery).where(
        col(EventDelivery.event_id) == seen.event_id,
        col(EventDelivery.trigger_id) == seen.trigger_id,
        col(EventDelivery.status) == "due",
    )
    return (await session.exec(query.with_for_update(skip_locked=True, key_share=True))).first()


async def _stays(
    session: Session, event: TeamEvent, trigger: EventTrigger, begun: Begun
) -> Literal["", "waiting", "passed_over"]:
    """What becomes of it behind a run that goes on, and behind older ones that wait already; empty where it begins."""
    if begun.busy == "begin_anyway":
        return ""
    goes_on = await _goes_on(session, trigger, begun.key)
    place = tuple_(col(TeamEvent.at), col(TeamEvent.id))
    older = _waiting(trigger.id, begun.key).where(place < tuple_(event.at, event.id)).limit(1)
    waits = (await session.exec(older)).first() is not None
    if not (goes_on or waits):
        return ""
    return "passed_over" if begun.busy == "skip" or (waits and begun.busy == "wait") else "waiting"


async def _goes_on(session: Session, trigger: EventTrigger, key: str) -> bool:
    """Looked at by one worker after the other: who holds the trigger may have begun a run that nobody else sees yet."""
    held = select(EventTrigger.id).where(col(EventTrigger.id) == trigger.id)
    await session.exec(held.with_for_update(key_share=True))
    query = (
        select(EventDelivery.run_id)
        .join(Run, col(Run.id) == col(EventDelivery.run_id))
        .where(col(EventDelivery.trigger_id) == trigger.id, col(EventDelivery.key) == key)
        .where(col(Run.status).not_in(TERMINAL))
        .limit(1)
    )
    return (await session.exec(query)).first() is not None


async def _depth(session: Session, run_id: str) -> int:
    """Where the run that told the event stands in its chain, by its parents and what it is a fork of."""
    for _ in range(50):
        depth = select(EventDelivery.depth).where(col(EventDelivery.run_id) == run_id)
        found = (await session.exec(depth)).first()
        if found is not None:
            return found
        run = await session.get(Run, run_id)
        if run is None or not (run_id := run.parent_run_id or run.forked_from_run_id or ""):
            return 0
    return 0


async def _fail(
    seen: EventDelivery,
    event: TeamEvent,
    trigger: EventTrigger | None,
    error: Exception,
    *,
    hopeless: bool,
) -> None:
    async with db.database().transaction() as session:
        row = await _held(session, seen)
        if row is None:
            return
        row.tries += 1
        row.due_at = clock.now() + timedelta(seconds=2**row.tries)
        session.add(row)
        if trigger is None or not (hopeless or row.tries >= MOST_TRIES):
            return
        row.status = "dead"
        workflow = await session.get_one(Workflow, trigger.workflow_id)
        described: dict[str, Any] = {"tries": row.tries, "error": _described(error)}
        await letters.write(session, row, event, workflow, described)


def _described(error: Exception) -> dict[str, Any]:
    if not isinstance(error, QuadrilleError):
        return {"message": f"{type(error).__name__}: {error}"}
    problems: list[dict[str, Any]] = error.details.get("problems", [])
    listed = [{"message": one["message"], "place": one["place"]} for one in problems[:5]]
    return {"code": error.code, "message": error.message, "fix": error.fix, "problems": listed}
