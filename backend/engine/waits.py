"""Waiting inside a step: for people, events, a moment, the next try; in memory first, as rows when it takes long."""

import asyncio
from collections.abc import Set
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from backend.core import clock
from backend.engine.signals import Prefixes

WaitFor = Literal["person", "event", "time", "retry"]


_FIRST: tuple[WaitFor, ...] = ("person", "event", "time", "retry")


def most_telling(kinds: Set[WaitFor]) -> WaitFor:
    """What a run that waits for all of these is said to wait for."""
    for what in _FIRST:
        if what in kinds:
            return what
    return "time"


class Halted(BaseException):
    """The run stops playing in this process. No error: kinds must not catch it, so it is no Exception."""


class Waiter:
    """One wait. It ends by delivery, at its moment, or with Halted.

    For an event `key` is the prefix, or the prefixes, of the signals that end it, and what is delivered is the inbox
    key of one of them.
    """

    __slots__ = ("_future", "_timer", "key", "path", "until", "what")

    def __init__(
        self, what: WaitFor, path: str | None, *, key: Prefixes = "", until: datetime | None = None
    ) -> None:
        self.what: WaitFor = what
        self.path = path
        self.key = key
        self.until = until
        self._future: asyncio.Future[JsonValue] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        """True until it has ended."""
        return not self._future.done()

    def deliver(self, payload: JsonValue) -> None:
        """End the wait with what came."""
        if not self._future.done():
            self._future.set_result(payload)

    def halt(self) -> None:
        """End the wait because the run stops playing here."""
        if not self._future.done():
            self._future.set_exception(Halted())

    async def result(self) -> JsonValue:
        """What was delivered; None when the moment came first."""
        self._arm()
        try:
            return await self._future
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _arm(self) -> None:
        if self.until is None or self._future.done():
            return
        seconds = (self.until - clock.now()).total_seconds()
        if seconds <= 0:
            self.deliver(None)
        else:
            # A timer may ring a little early by the wall clock: it is set again until the moment is really there.
            self._timer = asyncio.get_running_loop().call_later(min(seconds, 3600), self._arm)
