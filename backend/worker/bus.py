"""The team's event bus: brings what steps emitted, and times that have come, to whoever waits for them, and never not."""

import asyncio
from typing import Any

from backend.core import clock, db
from backend.dead_letters import events as letters
from backend.runs import signals
from backend.worker import beginnings, looking, schedules

LOOK_SECONDS = 0.5
"""An event of another process is found within this time, this one's own at once."""

CLEAN_SECONDS = 3600.0


class Bus:
    """Every worker has one; each event is taken by one of them."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._cleaned = clock.now()

    def committed(self, events: list[dict[str, Any]]) -> None:
        """Rows of this worker that are durable now."""
        if any(event["kind"] == "event.emitted" for event in events):
            self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news.clear()
            for what, look in _LOOKS.items():
                await looking.once(what, look)
            if (clock.now() - self._cleaned).total_seconds() > CLEAN_SECONDS:
                self._cleaned = clock.now()
                await looking.once("old events", _clean)
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


async def _times() -> None:
    while await schedules.look() == schedules.AT_ONCE:
        continue


async def _runs() -> None:
    while await beginnings.look() == beginnings.AT_ONCE:
        continue


async def _clean() -> None:
    async with db.database().transaction() as session:
        await letters.forget_old(session)
        await signals.forget_old(session)
        await signals.forget_kept_results(session)


_LOOKS = {"events to send on": _send_on, "times that have come": _times, "runs to begin": _runs}
"""Each by itself: one that goes wrong holds up no other."""
