"""How fast one socket may talk: what comes faster waits unread, so that nobody keeps a room busy for everybody else."""

import time

PER_SECOND, AT_ONCE = 300.0, 3_000.0
BYTES_OF_ONE = 20_000
WHOLE = 300.0
"""What an answer with the whole draft costs, which a page asks for once."""


class Pace:
    """Counts what a socket says; everything costs one, and more where it is large or asks for much."""

    def __init__(self, now: float | None = None) -> None:
        self._left, self._at = AT_ONCE, time.monotonic() if now is None else now

    def spend(self, size: int, *, whole: bool = False, now: float | None = None) -> float:
        """How many seconds to wait before the next message is read; mostly none."""
        at = time.monotonic() if now is None else now
        self._left = min(AT_ONCE, self._left + (at - self._at) * PER_SECOND)
        self._at = at
        self._left -= 1 + size / BYTES_OF_ONE + (WHOLE if whole else 0)
        return max(0.0, -self._left / PER_SECOND)
