"""How much room the team's runs take, and for how long they are kept."""

import reflex as rx

from backend.core.errors import Invalid, Problem
from backend.runs import retention
from backend.runs.retention import MAX_DAYS, MAX_RUNS, Kept, RetentionRule
from frontend.components.sizes import readable
from frontend.rules import allows
from frontend.state import dialog, edge


class Storage(rx.State):
    """A section of the settings page."""

    loaded: bool = False
    size: str = ""
    runs: int = 0
    days: int = 0
    per_workflow: int = 0
    may_change: bool = False

    @rx.event
    @allows("run.read")
    async def load(self):
        """What stands now."""
        async with edge.reading() as (session, by):
            self._take(await retention.kept(session, by))
            self.may_change = by.may("member.manage")

    @rx.event
    @allows("member.manage")
    async def change(self, form: dict[str, str]):
        """Keep runs for so long, and so many."""
        wanted = RetentionRule(
            days=_number(form, "days", MAX_DAYS), per_workflow=_number(form, "per_workflow", MAX_RUNS)
        )
        async with edge.writing() as (session, by):
            self._take(await retention.change(session, by, wanted))
        return [dialog.DONE, rx.toast.success("Saved.")]

    def _take(self, kept: Kept) -> None:
        self.size, self.runs = readable(kept.bytes), kept.runs
        self.days, self.per_workflow, self.loaded = kept.days, kept.per_workflow, True


def _number(form: dict[str, str], name: str, most: int) -> int:
    text = form.get(name, "").strip() or "0"
    if text.isdecimal() and len(text) < 9 and int(text) <= most:
        return int(text)
    problem = Problem(f"This is a whole number from 0 to {most:,}.", name, "0 keeps them for ever, or all.")
    raise Invalid(problem.message, problems=[problem])
