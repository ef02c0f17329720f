"""The runs that are chosen in the list, what is done to them together, and what became of it."""

from dataclasses import dataclass

import reflex as rx

from backend.runs import bulk
from backend.runs.bulk import Action, ActOnMany
from frontend.rules import allows
from frontend.state.run_list import Runs
from frontend.state.session import caller

_OFFERED: tuple[Action, ...] = ("cancel", "pause", "resume", "retry", "again")
TYPED_OVER = 10
"""For more runs than this, people type how many they are."""


@dataclass
class Refused:
    """A run with which it did not work, and why."""

    id: str
    message: str


class Chosen(rx.State):
    """Several runs at once."""

    ids: rx.Field[list[str]] = rx.field(default_factory=list)
    asking: str = ""
    typed: str = ""
    report: str = ""
    refused: rx.Field[list[Refused]] = rx.field(default_factory=list)

    @rx.event
    @allows("run.read")
    async def toggle(self, run_id: str):
        """Choose one, or let it go."""
        self.ids = [one for one in self.ids if one != run_id] if run_id in self.ids else [*self.ids, run_id]

    @rx.event
    @allows("run.read")
    async def all_of_page(self):
        """Choose all that are shown."""
        shown = await self.get_state(Runs)
        self.ids = [row.id for row in shown.rows][: bulk.MOST]

    @rx.event
    @allows("run.read")
    async def none(self):
        """Let all go."""
        self.ids, self.asking, self.report = [], "", ""

    @rx.event
    @allows("run.start")
    async def ask(self, action: str):
        """Say what would happen to how many, before it does."""
        self.asking, self.typed = action, ""

    @rx.event
    @allows("run.start")
    async def take_back(self, opened: bool):
        """Do nothing."""
        if not opened:
            self.asking = ""

    @rx.event
    @allows("run.start")
    async def set_typed(self, words: str):
        """The number as it is typed."""
        self.typed = words

    @rx.event
    @allows("run.start")
    async def retry_one(self, run_id: str):
        """Retry a run of the list."""
        await self._act("retry", [run_id])
        return Runs.take_fresh

    @rx.event
    @allows("run.start")
    async def act(self):
        """Do it."""
        action = self.asking
        if not self.confirmed or action not in _OFFERED:
            return None
        self.asking = ""
        await self._act(action, self.ids)
        return Runs.take_fresh

    @rx.event
    @allows("run.steer")
    async def tag(self, form: dict[str, str]):
        """Put a word on all that are chosen, or take it off."""
        word = form.get("tag", "").strip()
        if not word:
            return None
        kept = self.ids
        await self._act("untag" if word.startswith("-") else "tag", self.ids, word.lstrip("- "))
        self.ids = kept
        return Runs.take_fresh

    @rx.event
    @allows("run.read")
    async def read(self):
        """The report was read."""
        self.report, self.refused = "", []

    @rx.var
    def export_query(self) -> str:
        """What stands behind the `?` of the address at which the histories of all that are chosen are."""
        return "&".join(f"id={one}" for one in self.ids)

    @rx.var
    def confirmed(self) -> bool:
        """Whether enough was said to do it."""
        return len(self.ids) <= TYPED_OVER or self.typed.strip() == str(len(self.ids))

    async def _act(self, action: str, run_ids: list[str], tag: str | None = None) -> None:
        wanted = ActOnMany.model_validate({"action": action, "run_ids": run_ids, "tag": tag})
        found = await bulk.act(caller(), wanted)
        words = {"cancel": "cancelled", "retry": "retried", "again": "started again", "tag": "tagged",
                 "untag": "no longer tagged", "pause": "paused", "resume": "resumed"}[action]  # fmt: skip
        self.report = f"{found.done} {words}" + (f", {found.refused} refused" if found.refused else "")
        self.refused = [Refused(one.run_id, one.message) for one in found.items if not one.done]
        self.ids = [one.id for one in self.refused]
