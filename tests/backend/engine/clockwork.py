"""A clock that stands still until a test puts it forward, so that no machine is too slow to fall asleep before a moment."""

import asyncio
from datetime import datetime, timedelta

import pytest

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


def put_timers_forward(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """To the timers of the running loop so much time has passed at once."""
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + seconds)
