"""Tells the watchers of a run what the engine has made durable, and what goes on meanwhile."""

import asyncio
from collections import deque
from typing import Any

from backend.core import log
from backend.runs import live
from backend.runs.schemas import ENDS
from backend.worker.bus import Bus

MOST_WAITING = 20_000
AT_ONCE = 500
_log = log.get(__name__)


class Watchers:
    """The engine's listener. It only collects; `run` sends, so a slow Redis never slows a run."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._ended: list[str] = []
        self._news = asyncio.Event()

    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None:
        """Rows that are durable now."""
        self._bus.committed(events)
        for event in events:
            self._collect(run_id, event)
        if any(event["kind"] in ENDS for event in events):
            self._ended.append(run_id)

    def volatile(self, run_id: str, event: dict[str, Any]) -> None:
        """A progress or token event; the first to go when too much waits."""
        if len(self._waiting) < MOST_WAITING // 2:
            self._collect(run_id, event)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                count = min(AT_ONCE, len(self._waiting))
                ended, self._ended = self._ended, []
                await live.publish_plain([self._waiting.popleft() for _ in range(count)], ended)

    def _collect(self, run_id: str, event: dict[str, Any]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()  # the watchers find the rows
            _log.warning("live events are dropped; redis does not keep up")
        self._waiting.append((run_id, event))
        self._news.set()
