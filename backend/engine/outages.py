"""Waiting for a part of the installation that is away: bounded, told in the run, and not charged to the node's attempts."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from backend.core import clock
from backend.core.settings import settings
from backend.engine.ports import NewEvent
from backend.engine.visit import Tried, Visit
from backend.engine.waits import Waiter

_SHORTEST, _LONGEST = 0.5, 15.0
_ANOTHER = timedelta(minutes=1)  # who was not tried again for so long after it was due has met another outage


async def outlasted(visit: Visit, attempt: Callable[[Visit], Awaitable[Tried]]) -> Tried:
    """What the attempt comes to once everything that it needs is there, or has been away for too long."""
    tried = await attempt(visit)
    if not tried.outage:
        return tried
    begun = visit.play.live.journal.begin(visit.step)
    if begun.away_since is None or begun.due is None or clock.now() - begun.due > _ANOTHER:
        begun.away_since = clock.now()
    while tried.outage and _patient(begun.away_since):
        begun.due = await _wait(visit, tried, begun.away_since)
        tried = await attempt(visit)
    begun.away_since = None
    tried.hopeless = tried.hopeless or tried.outage
    return tried


def _patient(away_since: datetime) -> bool:
    return (clock.now() - away_since).total_seconds() < settings().outage_seconds


async def _wait(visit: Visit, tried: Tried, since: datetime) -> datetime:
    live, now = visit.play.live, clock.now()
    pause = min(max((now - since).total_seconds() / 2, _SHORTEST), _LONGEST)
    # Spread, so that what waits for the same thing does not fall upon it together; nothing secret is drawn here.
    due = now + timedelta(seconds=pause * random.uniform(0.5, 1.0))  # noqa: S311
    data = {"error": tried.error, "until": due.isoformat(), "away_since": since.isoformat()}
    await live.note(NewEvent("step.retrying", visit.step, visit.attempt, data))
    await live.wait(Waiter("retry", visit.step.abandoned_with, until=due))
    return due
