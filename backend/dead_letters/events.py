"""The dead letter of a single event, or of a time: no workflow that begins with it could take it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from backend.core import clock, ids, json
from backend.core.db import Session
from backend.core.errors import NotFound
from backend.core.settings import settings
from backend.dead_letters.models import DeadLetter
from backend.dead_letters.schemas import Edited
from backend.identity.principal import Principal
from backend.runs import starting
from backend.runs.models import EventDelivery, TeamEvent
from backend.workflows.event_starts import CLOCK
from backend.workflows.models import Workflow

MOST_FORGOTTEN = 500


async def write(
    session: Session,
    delivery: EventDelivery,
    event: TeamEvent,
    workflow: Workflow,
    described: Mapping[str, Any],
) -> None:
    """Put it among the letters, in the transaction that gives it up."""
    wrong = described["error"]
    said = [wrong["message"], *(f"{one['place']}: {one['message']}" for one in wrong.get("problems", []))]
    told = f"{_called(event)} could not begin “{workflow.name}”: {' '.join(said)}"
    letter = DeadLetter(
        id=ids.new("dl"),
        team_id=delivery.team_id,
        workflow_id=workflow.id,
        reason="event",
        message=told[:4000],
        details={**described, "event": event.payload, "delivery": [delivery.event_id, delivery.trigger_id]},
        created_at=clock.now(),
    )
    session.add(letter)
    await session.flush()


def _called(event: TeamEvent) -> str:
    if event.name == CLOCK:
        return f"The schedule of {event.payload['data']['local']} ({event.payload['data']['zone']})"
    return f"{event.name} ({event.type})" if event.type else event.name


async def try_again(session: Session, by: Principal, letter: DeadLetter, edited: Edited) -> None:
    """Let it begin a run after all, whatever its condition says; its chain begins anew. Where it cannot, a new letter comes."""
    if edited:
        json.require(edited.value, "input")
        starting.require_small(edited.value)
    event_id, trigger_id = letter.details["delivery"]
    query = select(EventDelivery).where(
        col(EventDelivery.event_id) == event_id,
        col(EventDelivery.trigger_id) == trigger_id,
        col(EventDelivery.team_id) == letter.team_id,
    )
    row = (await session.exec(query.with_for_update(key_share=True))).first()
    if row is None:
        raise NotFound("The event is no longer kept.", fix="Start a run by hand, and discard the letter.")
    row.status, row.tries, row.due_at, row.redriven_by = "due", 0, clock.now(), by.account_id
    row.given = {"value": edited.value} if edited else None
    session.add(row)
    await session.flush()


async def forget_old(session: Session) -> int:
    """Remove closed letters of events when runs would be, too, with what was to be delivered; open ones stay. How many."""
    before = clock.now() - timedelta(days=settings().retention_days)
    query = select(DeadLetter).where(
        col(DeadLetter.reason) == "event",
        col(DeadLetter.status) != "open",
        col(DeadLetter.closed_at) < before,
    )
    letters = (await session.exec(query.limit(MOST_FORGOTTEN))).all()
    for letter in letters:
        event_id, trigger_id = letter.details["delivery"]
        given_up = delete(EventDelivery).where(
            col(EventDelivery.event_id) == event_id,
            col(EventDelivery.trigger_id) == trigger_id,
            col(EventDelivery.status) == "dead",
            col(EventDelivery.due_at) < before,
        )
        await session.exec(given_up)
        await session.delete(letter)
    return len(letters)
