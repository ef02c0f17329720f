"""The time that one try of a container may take: wall-clock time, waits inside included, and durable like the try itself."""

import asyncio
from datetime import datetime

from backend.core import clock
from backend.engine.live import LiveRun, inside
from backend.engine.visit import Visit

_LONGEST_TIMER = 3600.0


class Limit:
    """Ends the bodies that are in play at the moment; used as `with`, it rings only in between.

    In a replay that asks nobody no clock lets it ring, for what was slow then is quick now: see `engine.following`.
    """

    def __init__(self, visit: Visit, until: datetime | None) -> None:
        self.over = False
        self.visit = visit
        self._live, self._until = visit.play.live, until
        self._bodies: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> "Limit":
        """Begin to watch the clock; a run that sleeps meanwhile is woken for it."""
        if self._until is not None:
            self._live.limits[self] = self._until
            if not self._follows:
                self._look()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._live.limits.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()

    @property
    def bodies(self) -> frozenset[str]:
        """The paths of the bodies that are played under the limit."""
        return frozenset(self._bodies)

    def holds(self, path: str) -> None:
        """The body at this path is played under the limit."""
        self._bodies.add(path)

    @property
    def _follows(self) -> bool:
        acting = self._live.run.acting
        return acting is not None and acting.asks_nobody

    def _look(self) -> None:
        """Timers ring a little early by the wall clock, and a clock may be set: look again until it is really over."""
        left = 0.0 if self._until is None else (self._until - clock.now()).total_seconds()
        if left > 0:
            self._timer = asyncio.get_running_loop().call_later(min(left, _LONGEST_TIMER), self._look)
            return
        self.ring()

    def ring(self) -> None:
        """The time is over."""
        self.over = True
        for path in self._bodies:
            self._live.end(path)


def rung_around(live: LiveRun, path: str, seconds: float | None) -> bool:
    """Let the first limit ring that is around a step of this path and sooner over than the step's own `seconds`.

    A fork does so where a recorded try was cut short: it is quicker, so that no clock would.
    """
    found = [(live.limits[limit], limit) for limit in around(live, path)]
    if not found:
        return False
    until, limit = min(found, key=lambda one: one[0])
    if seconds is not None and (until - clock.now()).total_seconds() > seconds:
        return False
    limit.ring()
    return True


def around(live: LiveRun, path: str) -> list[Limit]:
    """The limits under which a step of this path is played, the innermost first."""
    bodies = [(body, limit) for limit in live.limits if isinstance(limit, Limit) for body in limit.bodies]
    held = [(body, limit) for body, limit in bodies if inside(path, body)]
    return [limit for _, limit in sorted(held, key=lambda one: -len(one[0]))]
