"""One dead letter: why on top, what to do under it, what is left standing, and what became of it."""

import orjson
import reflex as rx
from pydantic import ValidationError
from reflex.event import EventSpec

from backend.core import json
from backend.core.errors import NotFound
from backend.dead_letters import service as letters
from backend.dead_letters.schemas import Discarding, Edited, Given, LetterDetail
from backend.runs import service as runs
from frontend import routes, shell
from frontend.components import dialogs, frames, live, notes
from frontend.components.letters import discard_button, letter_chip, redrive_button
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.states import chip
from frontend.rules import allows
from frontend.state import dialog, edge
from frontend.state.frame import Frame
from frontend.state.iso import iso


class DeadLetter(rx.State):
    """The letter of this address."""

    id: str = ""
    title: str = ""
    advice: str = ""
    message: str = ""
    reason: str = ""
    status: str = ""
    workflow: str = ""
    run_href: str = ""
    run_status: str = ""
    node: str = ""
    created: str = ""
    standing: rx.Field[list[str]] = rx.field(default_factory=list)
    details: str = ""
    note: str = ""
    closed_by: str = ""
    closed_at: str = ""
    new_run_href: str = ""
    redacted: bool = False
    input: str = "null"
    missing: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """Show the letter of this address."""
        self.reset()
        await self._read()

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """Notice that somebody else closed it."""
        if self.status == "open":
            await self._read()

    @rx.event
    @allows("run.start")
    async def redrive(self) -> EventSpec:
        """Go on, and watch the new run where there is one."""
        return await self._redrive(None)

    @rx.event
    @allows("run.start")
    async def redrive_published(self) -> EventSpec:
        """Go on with the version that is published now."""
        return await self._redrive("published")

    @rx.event
    @allows("run.steer")
    async def discard(self, typed: dict[str, str]) -> list[EventSpec]:
        """Close it with a note."""
        try:
            wanted = Discarding(note=typed.get("note", "").strip())
        except ValidationError:
            raise dialog.wrong("note", "Say why it is discarded.", "At most 2,000 letters.") from None
        async with edge.writing() as (session, by):
            await letters.discard(session, by, self.id, wanted.note)
        await self._read()
        return [dialog.DONE, rx.toast.success("Discarded.")]

    @rx.event
    @allows("run.start")
    async def redrive_edited(self, typed: dict[str, str]) -> EventSpec:
        """Play it again from its start with another input."""
        try:
            given = Given(json.parse(typed.get("input", "").encode(), "the input"))
        except json.NotJson as wrong:
            raise dialog.wrong("input", "The input is not JSON.", str(wrong)) from wrong
        return await self._redrive(None, given)

    async def _redrive(self, version: str | None, edited: Edited = None) -> EventSpec:
        async with edge.writing() as (session, by):
            await letters.redrive(session, by, self.id, version, edited=edited)
        await self._read()
        return rx.redirect(self.new_run_href or self.run_href or routes.DEAD_LETTERS)

    async def _read(self) -> None:
        asked = self.id or self.letter_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
        try:
            async with edge.reading() as (session, by):
                one = await letters.get(session, by, asked)
                run = await runs.get(session, by, one.run_id) if one.run_id else None
        except NotFound as error:
            self.missing = error.message
            return
        self._take(one)
        event = (one.details or {}).get("event") or {}
        given = run.input if run else event.get("data")
        self.input = orjson.dumps(given, option=orjson.OPT_INDENT_2).decode()

    def _take(self, one: LetterDetail) -> None:
        self.id, self.title, self.advice, self.message = one.id, one.title, one.advice, one.message
        self.reason, self.status, self.redacted = one.reason, one.status, one.redacted
        self.workflow, self.node = one.workflow_name, one.node_id or ""
        self.run_href = routes.run(one.run_id) if one.run_id else ""
        self.run_status = one.run_status or ""
        self.created, self.closed_at = iso(one.created_at), iso(one.closed_at)
        self.closed_by, self.note = one.closed_by_name, one.note or ""
        self.new_run_href = routes.run(one.new_run_id) if one.new_run_id else ""
        self.standing = [
            f"{saga.name}: {', '.join(saga.standing)}" for saga in one.open_sagas if saga.standing
        ]
        indented = orjson.dumps(one.details, option=orjson.OPT_INDENT_2).decode() if one.details else ""
        self.details = indented


@rx.page(route=routes.DEAD_LETTER, title="Dead letter · Quadrille", on_load=[Frame.load, DeadLetter.load])
def dead_letter_page() -> rx.Component:
    """Shows a letter, or says why it cannot."""
    return shell.page(
        live.refresh(4, DeadLetter.refresh),
        frames.one(DeadLetter.missing, DeadLetter.id != "", _letter()),
        title=rx.cond(DeadLetter.title != "", DeadLetter.title, "Dead letter"),
        before_title=frames.back(routes.DEAD_LETTERS, "All dead letters"),
        action=rx.cond(DeadLetter.status == "open", _actions()),
        narrow=True,
    )


def _actions() -> rx.Component:
    return rx.el.div(
        rx.cond(Frame.may_steer, discard_button("Discard this letter?", DeadLetter.discard)),
        rx.cond(Frame.may_start & Frame.may_read_values & (DeadLetter.reason != "compensation"), _edit()),
        rx.cond(Frame.may_start, redrive_button("Redrive this letter?", DeadLetter.redrive)),
        class_name="qk-actions",
    )


def _edit() -> rx.Component:
    return dialogs.form(
        rx.el.label(
            rx.el.span("Input, as JSON"),
            rx.text_area(name="input", default_value=DeadLetter.input, rows="8", class_name="qk-mono"),
            class_name="qk-field",
        ),
        trigger=rx.button(
            rx.icon("square-pen", size=14),
            "Edit and redrive",
            variant="soft",
            color_scheme="gray",
            type="button",
        ),
        title="Redrive with another input",
        button="Redrive",
        on_submit=DeadLetter.redrive_edited,
        sentence="A new run plays everything from the start; other systems are sent the same keys again.",
    )


def _letter() -> rx.Component:
    return rx.el.div(
        _facts(),
        rx.cond(
            DeadLetter.redacted,
            notes.hidden(
                "What went wrong is hidden for your role.",
                why="Operators, editors and admins read it. An owner or admin can give you such a role.",
            ),
            rx.el.div(DeadLetter.message, class_name="qk-card qk-message"),
        ),
        rx.cond(DeadLetter.standing.length() > 0, _standing()),
        rx.cond(
            DeadLetter.status == "open",
            _block("What to do", rx.el.p(DeadLetter.advice), _mended()),
            _closed(),
        ),
        rx.cond(
            DeadLetter.details != "",
            rx.el.details(
                rx.el.summary("Everything that was noted", class_name="qk-small qk-muted"),
                rx.el.pre(DeadLetter.details, class_name="qk-code"),
            ),
        ),
        class_name="qk-stack",
    )


def _facts() -> rx.Component:
    return rx.el.div(
        rx.el.span(letter_chip(DeadLetter.status)),
        rx.cond(
            DeadLetter.run_href != "",
            link(
                rx.icon("workflow", size=14),
                DeadLetter.workflow,
                chip(DeadLetter.run_status),
                to=DeadLetter.run_href,
                title="Open the run",
            ),
            rx.el.span(rx.icon("workflow", size=14), DeadLetter.workflow),
        ),
        rx.cond(
            DeadLetter.node != "", rx.el.span(rx.icon("square-dot", size=14), DeadLetter.node, title="Node")
        ),
        rx.el.span(rx.icon("clock", size=14), "Given up ", moment(DeadLetter.created)),
        frames.copied_id(DeadLetter.id),
        class_name="qk-facts",
    )


def _mended() -> rx.Component:
    button = redrive_button(
        "Redrive with the published version?",
        DeadLetter.redrive_published,
        word="Redrive with the published version",
        quiet=True,
    )
    return rx.cond(Frame.may_start & (DeadLetter.reason == "unreadable"), rx.el.div(button))


def _standing() -> rx.Component:
    return _block(
        "Done and not undone",
        rx.el.ul(rx.foreach(DeadLetter.standing, lambda one: rx.el.li(one)), class_name="qk-list"),
        rx.el.p(
            "These steps of open sagas took effect, and nobody has undone them.",
            class_name="qk-small qk-muted",
        ),
    )


def _closed() -> rx.Component:
    return _block(
        "What became of it",
        rx.el.p(
            rx.cond(DeadLetter.status == "redriven", "Redriven", "Discarded"),
            rx.cond(DeadLetter.closed_by != "", " by " + DeadLetter.closed_by, ""),
            ", ",
            moment(DeadLetter.closed_at),
            ".",
        ),
        rx.cond(DeadLetter.note != "", rx.el.p(DeadLetter.note, class_name="qk-message")),
        rx.cond(
            DeadLetter.new_run_href != "",
            rx.el.div(
                rx.button("Open the new run", variant="soft", on_click=rx.redirect(DeadLetter.new_run_href))
            ),
        ),
    )


def _block(title: str, *content: rx.Component | rx.Var) -> rx.Component:
    return rx.el.section(rx.el.h2(title), *content, class_name="qk-block")
