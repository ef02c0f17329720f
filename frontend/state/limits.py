"""How many runs of the team are played at once, and how the queue stands."""

from typing import cast

import reflex as rx

from backend.core.errors import Invalid, Problem
from backend.core.queue import Priority
from backend.runs import alarms, limits
from backend.runs.alarms import System
from backend.runs.limits import MAX_AT_ONCE, Limits
from frontend.rules import allows
from frontend.state import dialog, edge


class RunLimits(rx.State):
    """A section of the settings page."""

    loaded: bool = False
    at_once: int = 0  # 0 is no limit
    priority: str = "normal"
    may_change: bool = False
    workers: int = 0
    queued: int = 0
    oldest: str = ""
    alarm: str = ""
    alarm_fix: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """What stands now."""
        async with edge.reading() as (session, by):
            self._take(await limits.of_team(session, by))
            self._stand(await alarms.system(session, by))
            self.may_change = by.may("member.manage")

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """How the queue stands by now."""
        async with edge.reading() as (session, by):
            self._stand(await alarms.system(session, by))

    @rx.event
    @allows("member.manage")
    async def change(self, form: dict[str, str]):
        """Play so many runs at once, and call runs so urgent."""
        wanted = Limits(
            at_once=_at_once(form) or None, priority=cast(Priority, form.get("priority", "normal"))
        )
        async with edge.writing() as (session, by):
            self._take(await limits.limit_team(session, by, wanted))
        return [dialog.DONE, rx.toast.success("Saved.")]

    def _take(self, found: Limits) -> None:
        self.at_once, self.priority, self.loaded = found.at_once or 0, found.priority, True

    def _stand(self, found: System) -> None:
        self.workers, self.queued = found.workers, found.queued
        self.oldest = f"{found.oldest_queued_seconds:.0f} s" if found.queued else ""
        first = next(iter(found.alarms), None)
        self.alarm, self.alarm_fix = (first.message, first.fix) if first else ("", "")


def _at_once(form: dict[str, str]) -> int:
    text = form.get("at_once", "").strip() or "0"
    if text.isdecimal() and len(text) < 9 and int(text) <= MAX_AT_ONCE:
        return int(text)
    problem = Problem(f"This is a whole number from 0 to {MAX_AT_ONCE:,}.", "at_once", "0 is no limit.")
    raise Invalid(problem.message, problems=[problem])
