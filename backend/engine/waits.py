"""Waiting inside a step: for people, events, a moment, the next try; in memory first, as rows when it takes long."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from backend.core import clock
from backend.engine.signals import Prefixes

WaitFor = Literal["person", "event", "time", "retry", "turn"]
"""A `turn` comes when other steps of a replay have ended, or nothing else moves; no run sleeps for it."""


_FIRST: tuple[WaitFor, ...] = ("person", "event", "time", "retry")


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


def most_telling(waiters: Iterable[Waiter]) -> WaitFor:
    """What a run that sleeps until these end is said to wait for: people, events, time, another try, in this order."""
    kinds = {waiter.what for waiter in waiters}
    for what in _FIRST:
        if what in kinds:
            return what
    return "time"


def inbox_keys(waiters: Iterable[Waiter]) -> tuple[str, ...]:
    """The inbox keys whose arrival ends one of these."""
    return tuple(w.key for w in waiters if isinstance(w.key, str) and w.key and w.what != "event")


def prefixes(waiters: Iterable[Waiter]) -> tuple[str, ...]:
    """The prefixes of the signals whose arrival ends one of these."""
    keys = [w.key for w in waiters if w.key and w.what == "event"]
    return tuple(one for key in keys for one in ((key,) if isinstance(key, str) else key))
