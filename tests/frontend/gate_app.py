"""A small Reflex app behind the real gate, served alone in a process by Granian."""

import reflex as rx
from reflex_base.environment import environment

from frontend.gate import guard
from frontend.rules import allows, public, signed_in
from frontend.state.session import caller


class Notes(rx.State):
    """One handler of each sort, each leaving a trace."""

    text: str = "nothing yet"

    @rx.event
    @allows("workflow.edit")
    async def edit(self, text: str):
        self.text = f"{caller().name} wrote {text}"

    @rx.event
    @signed_in
    def sign(self):
        self.text = f"signed by {caller().name}"

    @rx.event
    @public
    def wave(self):
        self.text = "somebody waved"

    @rx.event
    def forgotten(self):
        self.text = "an undeclared handler ran"

    @rx.event(background=True)
    @allows("workflow.edit")
    async def edit_later(self):
        async with self:
            self.text = f"{caller().name} wrote later"

    @rx.event(background=True)
    async def forgotten_later(self):
        async with self:
            self.text = "an undeclared background handler ran"

    @rx.event
    @signed_in
    def load(self):
        self.text = f"loaded for {caller().name}"


def make() -> rx.App:
    environment.REFLEX_SKIP_COMPILE.set(True)
    made = rx.App()
    made.add_page(rx.text(Notes.text), route="/", on_load=Notes.load)
    made.add_page(rx.text(Notes.text), route="/sign-in")
    guard(made)
    return made


app = make()
