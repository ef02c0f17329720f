"""The tags of the run of this address."""

import reflex as rx

from backend.core.errors import NotFound
from backend.runs import tags
from frontend.rules import allows
from frontend.state import edge


class RunTags(rx.State):
    """What the run is tagged with, and the field for one more."""

    tags: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event
    @allows("run.read")
    async def load(self):
        """Show them."""
        self.tags = []
        try:
            async with edge.reading() as (session, by):
                self.tags = (await tags.get(session, by, self._of_the_address)).tags
        except NotFound:
            return  # the page says it

    @rx.event
    @allows("run.steer")
    async def add(self, form: dict[str, str]):
        """One more."""
        word = tags.Tags(tags=[form.get("tag", "").strip()]).tags[0]
        async with edge.writing() as (session, by):
            self.tags = (await tags.change(session, by, self._of_the_address, word, on=True)).tags

    @rx.event
    @allows("run.steer")
    async def drop(self, tag: str):
        """One fewer."""
        async with edge.writing() as (session, by):
            self.tags = (await tags.change(session, by, self._of_the_address, tag, on=False)).tags

    @property
    def _of_the_address(self) -> str:
        return self.run_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
