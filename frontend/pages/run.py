"""One run: its state and what can be done with it on top, everything it did under it."""

import reflex as rx
from reflex.event import EventSpec

from backend.approvals import service as approvals
from backend.core.db import Session
from backend.core.errors import NotFound
from backend.dead_letters import service as dead_letters
from backend.dead_letters.schemas import LetterPublic
from backend.identity.principal import Principal
from backend.monitoring import budget
from backend.runs import alarms, forking
from backend.runs import service as runs
from backend.runs.fork_schemas import RetryRun
from backend.runs.schemas import TERMINAL, RunPublic
from frontend import routes, shell
from frontend.components import frames, letters, live, notes, run_budget, run_files, run_tags, steering
from frontend.components.links import link
from frontend.components.moments import elapsed, moment
from frontend.components.sizes import readable
from frontend.components.states import STARTED, chip
from frontend.rules import allows
from frontend.runview.runview import run_view
from frontend.state import edge
from frontend.state.frame import Frame
from frontend.state.iso import iso
from frontend.state.run_ending import Ending
from frontend.state.run_tags import RunTags


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
    spent: str = ""
    used: int = -1  # percent of its budget; below 0 where it has none
    shown: str = ""
    trace: str = ""
    worker: str = ""
    cancelling: bool = False
    pausing: bool = False
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
    @allows("run.steer")
    async def step(self):
        """Play one step and stop before the next."""
        async with edge.writing() as (session, by):
            self._take(await runs.step(session, by, self.id))

    @rx.var
    def no_pause(self) -> str:
        """Why it cannot be paused; empty where it can."""
        if self.cancelling:
            return "It is being cancelled."
        return "It is paused already." if self.status == "paused" or self.pausing else ""

    @rx.var
    def no_resume(self) -> str:
        """Why it cannot go on by hand."""
        return "" if self.status == "paused" or self.pausing else "It is not paused."

    @rx.var
    def no_step(self) -> str:
        """Why it cannot play a single step."""
        return "" if self.status == "paused" else "Only a paused run plays a single step."

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
                allowed = await budget.of_run(session, by, run.id)
        except NotFound as error:
            self.missing = error.message
            return
        self.alarm, self.alarm_fix = (alarm.message, alarm.fix) if alarm else ("", "")
        self._take(run)
        share = allowed.share()
        self.spent = allowed.words() if allowed.tokens or share is not None else ""
        self.used = -1 if share is None else min(round(100 * share), 100)

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
        self.shown, self.trace = run.shown_as or run.status, run.trace_id
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
        self.worker = run.worker_id or ""


@rx.page(route=routes.RUN, title="Run · Quadrille", on_load=[Frame.load, RunPage.load, RunTags.load])
def run_page() -> rx.Component:
    """Shows a run, or says why it cannot."""
    return shell.page(
        live.refresh(1.5, RunPage.refresh),
        _run(),
        steering.sure_to_end(RunPage.refresh),
        title=rx.cond(RunPage.workflow != "", RunPage.workflow, "Run"),
        before_title=frames.back(routes.RUNS, "All runs"),
        action=rx.cond(RunPage.id != "", _actions()),
        wide=True,
    )


def _run() -> rx.Component:
    """The view reads the run by itself, from the first moment on: it need not wait for what stands above it."""
    view = rx.el.div(run_view(RunPage.id, Frame.may_steer, Frame.may_start), class_name="qk-run-island")
    return rx.el.div(
        frames.one(RunPage.missing, RunPage.id != "", _about(), bones=1),
        rx.cond(RunPage.missing == "", view),
        class_name="qk-stack qk-run",
    )


def _about() -> rx.Component:
    return rx.fragment(
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
        rx.cond(
            RunPage.is_over & (RunPage.letter_status == "open"),
            letters.given_up(RunPage.letter_title, RunPage.letter_href),
        ),
    )


def _facts() -> rx.Component:
    return rx.el.div(
        chip(RunPage.shown),
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
        run_budget.shown(RunPage.spent, RunPage.used),
        rx.cond(
            RunPage.worker != "",
            rx.el.span(
                rx.icon("server", size=14),
                RunPage.worker,
                title="The worker that plays it now",
                class_name="qk-clip qk-worker",
            ),
        ),
        rx.el.span(rx.icon("database", size=14), RunPage.size, title="What it takes in the database"),
        rx.cond(
            Frame.may_read_values,
            run_files.taken_elsewhere(RunPage.id, RunPage.workflow_href + "?run=" + RunPage.id),
        ),
        run_tags.shown(),
        frames.copied_id(RunPage.id),
        run_budget.trace(RunPage.trace),
        class_name="qk-facts",
    )


def _actions() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RunPage.is_over & Frame.may_start,
            rx.button(rx.icon("rotate-cw", size=14), "Run again", on_click=RunPage.again),
        ),
        rx.cond(
            ~RunPage.is_over,
            rx.fragment(
                rx.cond(
                    (RunPage.status == "paused") | RunPage.pausing,
                    rx.fragment(
                        steering.button("step-forward", "Step over", RunPage.no_step, RunPage.step),
                        steering.button("play", "Resume", RunPage.no_resume, RunPage.resume, main=True),
                    ),
                    steering.button("pause", "Pause", RunPage.no_pause, RunPage.pause),
                ),
                steering.button(
                    "square",
                    "Cancel",
                    rx.cond(RunPage.cancelling, "It is being cancelled.", ""),
                    Ending.ask(True),
                    danger=True,
                ),
            ),
        ),
        class_name="qk-actions",
    )
