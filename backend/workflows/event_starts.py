"""The events and times with which a published workflow begins, as rows by which an event or the clock finds it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, select

from backend.core import clock, ids
from backend.core.db import Session
from backend.identity.principal import Principal
from backend.nodes.beginnings import EventStart
from backend.nodes.registry import all_kinds
from backend.nodes.schedules import ScheduleStart
from backend.workflows.diagram import Diagram
from backend.workflows.models import EventTrigger, Workflow

CLOCK = "@clock"
"""The topic of times that have come; no topic that anybody can tell something on is written so."""


async def replace(session: Session, by: Principal, workflow: Workflow, diagram: Diagram) -> None:
    """From now on this workflow begins with the events and times of this diagram, and with no others.

    What stays the same goes on where it is: a time that has come but has not begun its run still does, and a dead letter
    of an event can be redriven once the form is mended.
    """
    standing, kept = list(await _rows(session, workflow.id)), list[EventTrigger]()
    for fresh in _wanted(workflow, diagram):
        row = next((row for row in standing if _same(row, fresh)), fresh)
        if row is not fresh:
            standing.remove(row)
        row.config, row.created_by = fresh.config, by.account_id
        session.add(row)
        kept.append(row)
    await session.flush()
    gone = col(EventTrigger.id).not_in([row.id for row in kept])
    await session.exec(delete(EventTrigger).where(col(EventTrigger.workflow_id) == workflow.id, gone))


async def go_on(session: Session, workflow_id: str) -> None:
    """Times that passed while the workflow was archived or paused were not missed: it goes on with the next ones."""
    for row in await _rows(session, workflow_id):
        if row.topic == CLOCK:
            row.due_at = ScheduleStart.model_validate(row.config).after(clock.now())
            session.add(row)


async def schedules(session: Session, workflow_id: str) -> Sequence[EventTrigger]:
    """The times with which this workflow begins, the next one first."""
    query = select(EventTrigger).where(
        col(EventTrigger.workflow_id) == workflow_id, col(EventTrigger.topic) == CLOCK
    )
    return (await session.exec(query.order_by(col(EventTrigger.due_at), col(EventTrigger.id)))).all()


async def next_times(session: Session, workflow_ids: Sequence[str]) -> dict[str, datetime | None]:
    """Those of these workflows that begin by themselves, and when by the clock; None for those that only events begin."""
    query = select(EventTrigger.workflow_id, func.min(col(EventTrigger.due_at)))
    query = query.where(col(EventTrigger.workflow_id).in_(workflow_ids))
    return dict((await session.exec(query.group_by(col(EventTrigger.workflow_id)))).all())


async def _rows(session: Session, workflow_id: str) -> Sequence[EventTrigger]:
    """Held until the commit: a worker may be at one of them."""
    query = select(EventTrigger).where(col(EventTrigger.workflow_id) == workflow_id)
    return (await session.exec(query.order_by(col(EventTrigger.id)).with_for_update())).all()


def _same(row: EventTrigger, fresh: EventTrigger) -> bool:
    told = [
        (one.topic, one.type, one.topic == CLOCK and (one.config["cron"], one.config["zone"]))
        for one in (row, fresh)
    ]
    return told[0] == told[1]


def _wanted(workflow: Workflow, diagram: Diagram) -> Iterator[EventTrigger]:
    kinds = all_kinds()
    starts = (node for node in diagram.nodes if node.kind in kinds and kinds[node.kind].role == "start")
    node = next((node for node in starts if not node.disabled), None)
    config: Any = kinds[node.kind].config.model_validate(node.config) if node else None
    timed: Sequence[ScheduleStart] = getattr(config, "schedules", ())
    for schedule in timed:
        yield _row(workflow, schedule, CLOCK, due_at=schedule.after(clock.now()))
    events: Sequence[EventStart] = getattr(config, "events", ())
    for event in events:
        yield _row(workflow, event, event.topic, type=event.type)


def _row(workflow: Workflow, wanted: EventStart | ScheduleStart, topic: str, **more: Any) -> EventTrigger:
    return EventTrigger(
        id=ids.new("trg"),
        team_id=workflow.team_id,
        workflow_id=workflow.id,
        topic=topic,
        config=wanted.model_dump(mode="json"),
        created_by="",
        **more,
    )
