"""The team's event bus: brings what steps emitted, and times that have come, to whoever waits for them, and never not."""

import asyncio
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from backend.core import clock, db, log
from backend.dead_letters import events as letters
from backend.runs import signals
from backend.worker import beginnings, schedules

LOOK_SECONDS = 0.5
"""An event of another process is found within this time, this one's own at once."""

CLEAN_SECONDS = 3600.0
_log = log.get(__name__)


class Bus:
    """Every worker has one; each event is taken by one of them."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def committed(self, events: list[dict[str, Any]]) -> None:
        """Rows of this worker that are durable now."""
        if any(event["kind"] == "event.emitted" for event in events):
            self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        cleaned = clock.now()
        while True:
            self._news.clear()
            try:
                await _send_on()
                while await schedules.look() == schedules.AT_ONCE:
                    continue
                while await beginnings.look() == beginnings.AT_ONCE:
                    continue
                if (clock.now() - cleaned).total_seconds() > CLEAN_SECONDS:
                    cleaned = clock.now()
                    async with db.database().transaction() as session:
                        await letters.forget_old(session)
                        await signals.forget_old(session)
                        await signals.forget_kept_results(session)
            except (SQLAlchemyError, OSError) as error:
                _log.warning("events could not be sent on", error=str(error))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                continue


async def _send_on() -> None:
    while True:
        async with db.database().reading() as session:
            if not await signals.anything_to_send_on(session):
                return
        async with db.database().transaction() as session:
            if not await signals.send_on(session):
                return  # others are at it
