"""One run: its state and what can be done with it on top, everything it did under it."""

import reflex as rx
from reflex.event import EventSpec

from backend.approvals import service as approvals
from backend.core.db import Session
from backend.core.errors import NotFound
from backend.dead_letters import service as dead_letters
from backend.dead_letters.schemas import LetterPublic
from backend.identity.principal import Principal
from backend.runs import alarms, forking
from backend.runs import service as runs
from backend.runs.fork_schemas import RetryRun
from backend.runs.schemas import TERMINAL, RunPublic
from frontend import routes, shell
from frontend.components import frames, live, notes, run_files
from frontend.components.links import link
from frontend.components.moments import elapsed, moment
from frontend.components.sizes import readable
from frontend.components.states import STARTED, chip
from frontend.rules import allows
from frontend.runview.runview import run_view
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso


class RunPage(rx.State):
    """The run of this address, read again while it goes on."""

    id: str = ""
    workflow: str = ""
    workflow_href: str = ""
    version: str = ""
    status: str = ""
    trigger: str = ""
    created: str = ""
    started: str = ""
    finished: str = ""
    size: str = ""
    rolled: str = ""  # what became of a saga that was undone while the run ended
    is_over: bool = False
    cancelling: bool = False
    pausing: bool = False
    asking_to_cancel: bool = False
    question_href: str = routes.APPROVALS
    missing: str = ""
    alarm: str = ""
    alarm_fix: str = ""
    letter_href: str = ""
    letter_title: str = ""
    letter_status: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """Show the run of this address."""
        self.reset()
        await self._read()

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """Look again, unless it is over."""
        if self.id and not self.is_over:
            await self._read()

    @rx.event
    @allows("run.steer")
    async def ask_to_cancel(self, asked: bool):
        """Open or close the question before cancelling."""
        self.asking_to_cancel = asked

    @rx.event
    @allows("run.steer")
    async def cancel(self):
        """End the run."""
        self.asking_to_cancel = False
        async with edge.writing() as (session, by):
            self._take(await runs.cancel(session, by, self.id))

    @rx.event
    @allows("run.steer")
    async def pause(self):
        """Begin no further step."""
        async with edge.writing() as (session, by):
            self._take(await runs.pause(session, by, self.id))

    @rx.event
    @allows("run.steer")
    async def resume(self):
        """Go on."""
        async with edge.writing() as (session, by):
            self._take(await runs.resume(session, by, self.id))

    @rx.event
    @allows("run.start")
    async def again(self) -> EventSpec:
        """Start the same version with the same input, and watch that run."""
        async with edge.writing() as (session, by):
            found = await forking.retry(session, by, self.id, RetryRun(from_start=True))
        return rx.redirect(routes.run(found.id if isinstance(found, RunPublic) else self.id))

    async def _read(self) -> None:
        try:
            async with edge.reading() as (session, by):
                run = await runs.get(session, by, self.run_id)  # pyright: ignore[reportAttributeAccessIssue] - the route's part
                self.question_href = await self._question(session, by, run)
                self._found(await dead_letters.of_run(session, by, run.id))
                alarm = await alarms.shown(session, by) if run.status == "queued" else None
        except NotFound as error:
            self.missing = error.message
            return
        self.alarm, self.alarm_fix = (alarm.message, alarm.fix) if alarm else ("", "")
        self._take(run)

    async def _question(self, session: Session, by: Principal, run: RunPublic) -> str:
        """The question that the run waits for, when this person may decide it; else all of them."""
        if run.status != "waiting_person":
            return routes.APPROVALS
        if self.question_href != routes.APPROVALS:
            return self.question_href
        mine = [one.id for one in await approvals.open_for(session, by) if one.run_id == run.id]
        return routes.approval(mine[0]) if mine else routes.APPROVALS

    def _found(self, letter: LetterPublic | None) -> None:
        """The run's dead letter, where it has one."""
        if letter is not None:
            self.letter_href, self.letter_title = routes.dead_letter(letter.id), letter.title
            self.letter_status = letter.status

    def _take(self, run: RunPublic) -> None:
        self.id, self.workflow, self.workflow_href = (
            run.id,
            run.workflow_name,
            routes.workflow(run.workflow_id),
        )
        self.version = f"Version {run.version_number}" if run.version_number else "Draft"
        self.status, self.is_over = run.status, run.status in TERMINAL
        self.trigger = STARTED.get(run.trigger, run.trigger)
        self.created, self.started, self.finished = (
            iso(run.created_at),
            iso(run.started_at),
            iso(run.finished_at),
        )
        self.size = readable(run.bytes)
        code = str((run.error or {}).get("code", ""))
        self.rolled = code if code in ("compensated", "compensation_failed") else ""
        self.cancelling, self.pausing = run.cancel_requested, run.pause_requested


@rx.page(route=routes.RUN, title="Run · Quadrille", on_load=[Frame.load, RunPage.load])
def run_page() -> rx.Component:
    """Shows a run, or says why it cannot."""
    return shell.page(
        live.refresh(1.5, RunPage.refresh),
        frames.one(RunPage.missing, RunPage.id != "", _run(), bones=5),
        _sure_to_cancel(),
        title=rx.cond(RunPage.workflow != "", RunPage.workflow, "Run"),
        before_title=frames.back(routes.RUNS, "All runs"),
        action=rx.cond(RunPage.id != "", _actions()),
        wide=True,
    )


def _run() -> rx.Component:
    return rx.el.div(
        _facts(),
        notes.alarm(RunPage.alarm, RunPage.alarm_fix),
        rx.cond(
            RunPage.status == "waiting_person",
            rx.el.div(
                rx.icon("hand", size=18),
                rx.el.span("The run waits for a decision.", style={"flex": "1"}),
                rx.button(
                    rx.cond(RunPage.question_href == routes.APPROVALS, "To the approvals", "Decide"),
                    color_scheme="amber",
                    on_click=rx.redirect(RunPage.question_href),
                ),
                class_name="qk-callout",
            ),
        ),
        rx.cond(RunPage.is_over & (RunPage.letter_status == "open"), _given_up()),
        rx.el.div(run_view(RunPage.id, Frame.may_steer, Frame.may_start), class_name="qk-run-island"),
        class_name="qk-stack qk-run",
    )


def _given_up() -> rx.Component:
    return rx.el.div(
        rx.icon("mail-warning", size=18),
        rx.el.span("Given up: ", RunPage.letter_title, ".", style={"flex": "1"}),
        rx.button("What to do", color_scheme="amber", on_click=rx.redirect(RunPage.letter_href)),
        class_name="qk-callout",
    )


def _facts() -> rx.Component:
    return rx.el.div(
        chip(RunPage.status),
        rx.cond(
            RunPage.letter_href != "",
            link(rx.icon("mail-warning", size=14), "Dead letter", to=RunPage.letter_href),
        ),
        rx.match(
            RunPage.rolled,
            ("compensated", chip("compensated")),
            ("compensation_failed", rx.badge("Not all undone", color_scheme="red", variant="soft")),
            rx.fragment(),
        ),
        rx.el.span(rx.icon("timer", size=14), elapsed(RunPage.started, RunPage.finished)),
        link(
            rx.icon("workflow", size=14), RunPage.version, to=RunPage.workflow_href, title="Open the workflow"
        ),
        rx.el.span(rx.icon("zap", size=14), RunPage.trigger),
        rx.el.span(rx.icon("clock", size=14), moment(RunPage.created, "day")),
        rx.el.span(rx.icon("database", size=14), RunPage.size, title="What it takes in the database"),
        rx.cond(
            Frame.may_read_values,
            rx.fragment(
                run_files.export(RunPage.id),
                link(
                    rx.icon("square-pen", size=14),
                    "Open in the editor",
                    to=RunPage.workflow_href + "?run=" + RunPage.id,
                    title="Show its data on the draft",
                ),
            ),
        ),
        frames.copied_id(RunPage.id),
        class_name="qk-facts",
    )


def _actions() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RunPage.is_over & Frame.may_start,
            rx.button(rx.icon("rotate-cw", size=14), "Run again", on_click=RunPage.again),
        ),
        rx.cond(
            ~RunPage.is_over & Frame.may_steer,
            rx.fragment(
                rx.cond(
                    (RunPage.status == "paused") | RunPage.pausing,
                    rx.button(rx.icon("play", size=14), "Resume", on_click=RunPage.resume),
                    rx.button(
                        rx.icon("pause", size=14),
                        "Pause",
                        variant="soft",
                        color_scheme="gray",
                        on_click=RunPage.pause,
                    ),
                ),
                rx.button(
                    rx.icon("square", size=14),
                    rx.cond(RunPage.cancelling, "Cancelling…", "Cancel"),
                    variant="soft",
                    color_scheme="red",
                    disabled=RunPage.cancelling,
                    on_click=RunPage.ask_to_cancel(True),
                ),
            ),
        ),
        class_name="qk-actions",
    )


def _sure_to_cancel() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title("Cancel this run?"),
            rx.alert_dialog.description(
                "Steps under way are stopped. What is done stays done, and the history is kept."
            ),
            rx.el.div(
                rx.button(
                    "Let it go on", variant="soft", color_scheme="gray", on_click=RunPage.ask_to_cancel(False)
                ),
                rx.button("Cancel the run", color_scheme="red", on_click=RunPage.cancel),
                class_name="qk-dialog-actions",
            ),
            max_width="420px",
        ),
        open=RunPage.asking_to_cancel,
        on_open_change=RunPage.ask_to_cancel,
    )
