"""What the evaluation page of a workflow shows and does: its sets, what is played, scores, and what differs."""

import reflex as rx
from reflex.event import EventSpec

from backend.core import json
from backend.core.db import Session
from backend.core.errors import NotFound
from backend.evaluation import evaluations, service
from backend.evaluation.schemas import EvaluationDetail, SetDetail
from backend.identity.principal import Principal
from backend.workflows import service as workflows
from backend.workflows import versions
from frontend import routes
from frontend.rules import allows
from frontend.state import edge
from frontend.state.evaluation_rows import (
    CaseRow,
    Choice,
    EvaluationRow,
    ResultRow,
    called,
    case_row,
    evaluation_row,
    number,
    result_row,
)

SHOWN = 50
_LONGEST = 160


class Evaluation(rx.State):
    """As its address says: which set, which evaluation, and which one before."""

    shown: str = ""
    name: str = ""
    missing: str = ""
    sets: rx.Field[list[Choice]] = rx.field(default_factory=list)
    set_id: str = ""
    set_name: str = ""
    about: str = ""
    cases: rx.Field[list[CaseRow]] = rx.field(default_factory=list)
    versions: rx.Field[list[Choice]] = rx.field(default_factory=list)
    version: str = ""
    rows: rx.Field[list[EvaluationRow]] = rx.field(default_factory=list)
    chosen: str = ""
    before: str = ""
    heading: str = ""
    told: str = ""
    results: rx.Field[list[ResultRow]] = rx.field(default_factory=list)
    others: rx.Field[list[Choice]] = rx.field(default_factory=list)
    is_running: bool = False

    @rx.event
    @allows("run.read")
    async def load(self):
        """Show what the address says."""
        self.reset()
        asked = self.router.url.query_parameters
        self.set_id, self.chosen = asked.get("set", ""), asked.get("evaluation", "")
        self.before = asked.get("before", "")
        try:
            async with edge.reading() as (session, by):
                await self._read(session, by)
        except NotFound as error:
            self.missing = error.message

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """Look again while something is played."""
        if self.shown and self.is_running:
            async with edge.reading() as (session, by):
                await self._read(session, by)

    @rx.event
    @allows("run.read")
    async def again(self):
        """After something was changed in a dialog."""
        async with edge.reading() as (session, by):
            await self._read(session, by)

    @rx.event
    @allows("run.read")
    async def choose_set(self, set_id: str) -> EventSpec:
        """Another set."""
        return rx.redirect(routes.evaluation(self.shown, set=set_id))

    @rx.event
    @allows("run.read")
    async def choose(self, evaluation_id: str) -> EventSpec:
        """The cases of another evaluation."""
        return rx.redirect(routes.evaluation(self.shown, set=self.set_id, evaluation=evaluation_id))

    @rx.event
    @allows("run.read")
    async def compare(self, before: str) -> EventSpec:
        """Show what differs from another evaluation."""
        before = "" if before == "nothing" else before
        asked = {"set": self.set_id, "evaluation": self.chosen, "before": before}
        return rx.redirect(routes.evaluation(self.shown, **asked))

    @rx.event
    @allows("run.start")
    async def choose_version(self, version: str):
        """What is to be played."""
        self.version = version

    @rx.event
    @allows("run.start")
    async def start(self) -> EventSpec:
        """Play the chosen version with every case."""
        async with edge.writing() as (session, by):
            begun = await evaluations.start(session, by, self.set_id, self.version or None)
        asked = {"set": self.set_id, "evaluation": begun.id}
        if self.chosen and self.chosen != begun.id:
            asked["before"] = self.chosen
        return rx.redirect(routes.evaluation(self.shown, **asked))

    @rx.event
    @allows("run.steer")
    async def stop(self):
        """Play no further case."""
        async with edge.writing() as (session, by):
            await evaluations.cancel(session, by, self.chosen)
            await self._read(session, by)

    @rx.event
    @allows("workflow.edit")
    async def remove_set(self) -> EventSpec:
        """Remove the set with its scores."""
        async with edge.writing() as (session, by):
            await service.remove(session, by, self.set_id)
        return rx.redirect(routes.evaluation(self.shown))

    @rx.event
    @allows("workflow.edit")
    async def remove_case(self, case_id: str):
        """Take a case out of the set."""
        async with edge.writing() as (session, by):
            await service.remove_case(session, by, self.set_id, case_id)
            await self._read(session, by)

    async def _read(self, session: Session, by: Principal) -> None:
        ref = self.router.url.query_parameters.get("workflow_id", "") or self.workflow_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
        workflow = await workflows.get(session, by, ref)
        self.name = workflow.name
        sets = (await service.sets(session, by, workflow.id)).items
        self.sets = [Choice(one.id, one.name) for one in sets]
        if sets:
            known = {one.id for one in sets}
            self.set_id = self.set_id if self.set_id in known else sets[0].id
            self._take_set(await service.get(session, by, self.set_id))
            await self._take_evaluations(session, by, workflow.id)
        else:
            self.set_id, self.rows, self.cases = "", [], []
        await self._take_versions(session, by, workflow.id)
        self.shown = workflow.id

    def _take_set(self, found: SetDetail) -> None:
        self.set_name = found.name
        names = ", ".join(str(one.get("metric")) for one in found.checks) or "only how each run ends"
        self.about = " · ".join(filter(None, (found.description, f"Checks of every case: {names}.")))
        self.cases = [case_row(one, _line(one.input)) for one in found.cases]

    async def _take_evaluations(self, session: Session, by: Principal, workflow_id: str) -> None:
        page = await evaluations.list_(session, by, workflow_id, set_id=self.set_id, limit=SHOWN)
        if not any(one.id == self.chosen for one in page.items):
            self.chosen = page.items[0].id if page.items else ""
        self.others = [
            Choice(one.id, f"{called(one)} · {number(one.score)}")
            for one in page.items
            if one.id != self.chosen and one.status == "done"
        ]
        if not any(one.value == self.before for one in self.others):
            self.before = ""
        self.rows = [evaluation_row(one, self.chosen, self.before) for one in page.items]
        self.is_running = any(one.status == "running" for one in page.items)
        if self.chosen:
            await self._take_results(session, by, await evaluations.get(session, by, self.chosen))
        else:
            self.results, self.heading, self.told = [], "", ""

    async def _take_results(self, session: Session, by: Principal, found: EvaluationDetail) -> None:
        changes = {}
        self.told = ""
        if self.before:
            compared = await evaluations.compare(session, by, self.before, found.id)
            changes = {one.case_id: one for one in compared.items}
            counts = {
                how: sum(one.how == how for one in compared.items) for how in ("better", "worse", "same")
            }
            self.told = f"{counts['better']} better, {counts['worse']} worse, {counts['same']} the same"
        self.heading = called(found)
        self.results = [result_row(one, changes.get(one.case_id)) for one in found.results]

    async def _take_versions(self, session: Session, by: Principal, workflow_id: str) -> None:
        listed = await versions.list_(session, by, workflow_id)
        named = [Choice(one.id, f"Version {one.number}" if one.number else one.name) for one in listed]
        self.versions = [*named, Choice("draft", "The draft as it is now")]
        if not any(one.value == self.version for one in self.versions):
            self.version = self.versions[0].value


def _line(value: object) -> str:
    text = " ".join(json.dumps(value).split())  # pyright: ignore[reportArgumentType]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
