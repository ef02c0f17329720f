"""The readers of one run in this process: what comes for them goes together, and each takes it at its own pace."""

import asyncio
from collections.abc import Sequence

from backend.runs.batch import Batch, Item

BUFFER = 2000
"""Of events: what a busy run tells in two seconds. All who wait for the same hold the same."""

MOST_VOLATILE = 250
"""So much may wait for a reader before volatile events are dropped: they never cost it the rows."""

PACE_SECONDS, SLOWEST_PACE_SECONDS = 0.05, 0.1
"""What comes sooner after the last that went goes together: the first at once, of a thousand a second fifty each time."""

REST = 4
"""So many times as long as it took to give a batch to all readers is waited at least before the next: a crowd costs a part."""


class Feed:
    """What one reader has not taken yet; a reader that is too slow loses the buffer, not the connection."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._size = 0
        self._overflow = False
        self._newest = 0
        self._change = asyncio.Event()

    def put(self, batch: Batch) -> None:
        """Add events. A slow reader does not get volatile ones; when full, rows make it start over from the rows."""
        if self._size + len(batch) > MOST_VOLATILE:
            batch = batch.rows
        if self._size + len(batch) > BUFFER:
            self._overflow = True
            self._batches, self._size = [], 0
        if batch and not self._overflow:
            self._batches.append(batch)
            self._size += len(batch)
        self._change.set()

    def know(self, newest: int) -> None:
        """The database has rows up to this number."""
        self._newest = max(self._newest, newest)
        self._change.set()

    def forget_newest(self) -> None:
        """Called before rows are read, so that what `know` says afterwards is news."""
        self._newest = 0

    async def take(self, sent: int) -> list[Batch] | None:
        """All that waits, or None when rows must be read: after an overflow, or when a message was lost."""
        while True:
            if self._overflow:
                return None
            if self._batches:
                taken, self._batches, self._size = self._batches, [], 0
                return taken
            if self._newest > sent:
                return None
            self._change.clear()
            await self._change.wait()

    def take_overflow(self) -> bool:
        """True once after an overflow; from here on events are collected again."""
        was, self._overflow = self._overflow, False
        return was


class Channel:
    """The feeds of one run. The first event after a silence is given at once, what follows at a pace, to all the same."""

    def __init__(self) -> None:
        self.feeds: set[Feed] = set()
        self.subscribed = asyncio.Event()
        self.heard = 0  # the newest row that came live
        self._waiting: list[Item] = []
        self._resting = False

    def receive(self, items: Sequence[Item]) -> None:
        """Take what came live."""
        self.heard = max(self.heard, *(item.seq or 0 for item in items), 0)
        self._waiting += items
        if not self._resting:
            self._give()

    def know(self, newest: int) -> None:
        """Tell the readers of rows that did not come."""
        self.heard = newest
        for feed in self.feeds:
            feed.know(newest)

    def _give(self) -> None:
        self._resting = bool(self._waiting)
        if not self._resting:
            return
        batch, self._waiting = Batch(self._waiting), []
        for feed in self.feeds:
            feed.put(batch)
        loop = asyncio.get_running_loop()
        loop.call_soon(self._rest, loop.time())  # behind the readers who were woken just now

    def _rest(self, began: float) -> None:
        loop = asyncio.get_running_loop()
        pause = max(PACE_SECONDS, REST * (loop.time() - began))
        loop.call_later(min(pause, SLOWEST_PACE_SECONDS), self._give)
