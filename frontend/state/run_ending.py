"""The question before a run is ended: gracefully or at once, and why."""

import reflex as rx

from backend.runs import service as runs
from frontend.rules import allows
from frontend.state import edge


class Ending(rx.State):
    """What is asked and said before the run of this address is ended."""

    asking: bool = False
    note: str = ""

    @rx.event
    @allows("run.steer")
    async def ask(self, asked: bool):
        """Open or close the question."""
        self.asking, self.note = asked, ""

    @rx.event
    @allows("run.steer")
    async def say(self, note: str):
        """Why it is ended, as it is typed."""
        self.note = note[:500]

    @rx.event
    @allows("run.steer")
    async def cancel(self):
        """End it; steps under way have a moment, sagas are undone."""
        async with edge.writing() as (session, by):
            await runs.cancel(session, by, self._of_the_address, self.note)
        self.asking = False

    @rx.event
    @allows("run.steer")
    async def terminate(self):
        """End it at once; nothing is undone."""
        async with edge.writing() as (session, by):
            await runs.terminate(session, by, self._of_the_address, self.note)
        self.asking = False

    @property
    def _of_the_address(self) -> str:
        return self.run_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
