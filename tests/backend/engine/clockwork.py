"""A clock that stands still until a test puts it forward, so that no machine is too slow to fall asleep before a moment."""

from datetime import datetime, timedelta

from backend.core import clock


class Hands:
    """The hands of the clock."""

    def __init__(self) -> None:
        self.at = clock.now()

    def now(self) -> datetime:
        return self.at

    def to(self, moment: datetime | None) -> None:
        """To the moment that a run sleeps until."""
        assert moment is not None, "nothing is ever due"
        assert moment > self.at, "it was due before it fell asleep"
        self.at = moment

    def on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
