"""Adding the run of this address to an evaluation set of its workflow."""

import reflex as rx

from backend.evaluation import from_run, service
from backend.evaluation.schemas import CaseOfRun
from backend.runs import service as runs
from frontend import routes
from frontend.rules import allows
from frontend.state import edge
from frontend.state.evaluation_rows import Choice

FIRST, WHOLE = "first", "run"


class RunEvaluation(rx.State):
    """The dialog: to which set, under which name, and what is expected."""

    asking: bool = False
    sets: rx.Field[list[Choice]] = rx.field(default_factory=list)
    steps: rx.Field[list[Choice]] = rx.field(default_factory=list)
    first: str = FIRST
    added: str = ""
    href: str = ""

    @rx.event
    @allows("workflow.edit")
    async def ask(self):
        """Which sets there are, and which steps gave something."""
        self.reset()
        async with edge.reading() as (session, by):
            run = await runs.get(session, by, self._of_the_address)
            sets = (await service.sets(session, by, run.workflow_id)).items
            steps = await runs.steps(session, by, run.id)
        self.sets = [Choice(one.id, one.name) for one in sets] or [
            Choice(FIRST, f"{from_run.FIRST_SET} (new)")
        ]
        self.first = self.sets[0].value
        given = dict.fromkeys(
            one.node_id for one in steps if one.status == "succeeded" and one.output is not None
        )
        self.steps = [
            Choice(WHOLE, "The output of the run"),
            *(Choice(f"step:{n}", f"What “{n}” gave") for n in given),
        ]
        self.href, self.asking = routes.evaluation(run.workflow_id), True

    @rx.event
    @allows("workflow.edit")
    async def close(self):
        """Nothing is added."""
        self.asking = False

    @rx.event
    @allows("workflow.edit")
    async def add(self, given: dict[str, str]):
        """Make the case."""
        chosen, step = given.get("set", FIRST), given.get("step", WHOLE)
        wanted = CaseOfRun(
            set_id=None if chosen == FIRST else chosen,
            name=given.get("name", "").strip() or None,
            node_id=step.removeprefix("step:") if step.startswith("step:") else None,
        )
        async with edge.writing() as (session, by):
            case = await from_run.add(session, by, self._of_the_address, wanted)
        self.added = case.name
        if wanted.set_id:
            self.href = f"{self.href}?set={wanted.set_id}"

    @property
    def _of_the_address(self) -> str:
        return self.run_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
