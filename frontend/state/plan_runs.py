"""The runs of a plan's workflow beside the plan, and what is decided about them."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend.core.errors import NotFound
from backend.planning.schemas import How
from backend.planning.watching import adapting, policy, reading
from backend.planning.watching.forecast import Forecast
from backend.planning.watching.policy import MOST_ADDED, Policy
from backend.planning.watching.schemas import AdaptationPublic, DeviationPublic, RunOfPlan
from frontend import routes
from frontend.rules import allows
from frontend.state import dialog, edge, figures
from frontend.state.plan import Plan
from frontend.state.plan_timeline import span
from frontend.state.session import caller

_SHOWN = 20
_OFFERS = {
    "reallocate": "Give the tasks that have not begun to others",
    "replan": "Plan the rest again",
    "ask": "Ask a person to see to it",
}
_FOLLOWS = {
    "": "",
    "pausing": "The run follows when its step has ended",
    "followed": "The run follows",
    "over": "",
    "failed": "",
}
_STATES = {"proposed": "", "done": "Done", "dismissed": "Dismissed", "failed": "Could not be done"}


@dataclass
class Line:
    """One run with its forecast, or something found in it: a deviation, or what could be done about it."""

    sort: str  # run, deviation, adaptation
    id: str
    title: str
    told: str = ""
    href: str = ""
    severity: str = ""
    is_open: bool = False


class PlanRuns(rx.State):
    """What became of the plan."""

    lines: rx.Field[list[Line]] = rx.field(default_factory=list)
    rules: rx.Field[dict[str, str]] = rx.field(default_factory=lambda: {"reallocate": "ask", "replan": "ask"})
    percent: str = "10"
    policy_told: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """The newest runs."""
        await self._read(self.router.url.path.rsplit("/", 1)[-1])

    @rx.event
    @allows("workflow.edit")
    async def accept(self, adaptation_id: str) -> EventSpec:
        """Do what is proposed; a new version of the plan may come of it."""
        return await self._decide(adaptation_id, accept=True)

    @rx.event
    @allows("workflow.edit")
    async def dismiss(self, adaptation_id: str) -> EventSpec:
        """Leave it."""
        return await self._decide(adaptation_id, accept=False)

    @rx.event
    @allows("workflow.edit")
    async def replan(self, typed: dict[str, Any]) -> list[EventSpec]:
        """Plan the rest of a run again, by a model where one is named; a new version of the plan comes of it."""
        plan_id = self.router.url.path.rsplit("/", 1)[-1]
        how = How(model=str(typed.get("model") or "").strip())
        await adapting.replan(caller(), plan_id, str(typed.get("run") or ""), how)
        return [dialog.DONE, await self._again(plan_id)]

    @rx.event
    @allows("workflow.edit")
    async def set_policy(self, form: dict[str, Any]) -> EventSpec:
        """What is performed without asking."""
        plan_id = self.router.url.path.rsplit("/", 1)[-1]
        wish = Policy(
            reallocate=form["reallocate"], replan=form["replan"], most_added_cost=_share(form.get("percent"))
        )
        async with edge.writing() as (session, by):
            await policy.write(session, by, plan_id, wish)
        await self._read(plan_id)
        return dialog.DONE

    async def _decide(self, adaptation_id: str, *, accept: bool) -> EventSpec:
        plan_id = self.router.url.path.rsplit("/", 1)[-1]
        await adapting.decide(caller(), plan_id, adaptation_id, accept=accept)
        return await self._again(plan_id)

    async def _again(self, plan_id: str) -> EventSpec:
        """The runs and the plan beside them, as they are now."""
        await self._read(plan_id)
        return Plan.load  # pyright: ignore[reportReturnType] - a handler is an event where it is returned

    async def _read(self, plan_id: str) -> None:
        try:
            async with edge.reading() as (session, by):
                found = await reading.of_plan(session, by, plan_id, None, _SHOWN)
                rules = await policy.read(session, by, plan_id)
        except NotFound:
            self.lines = []
            return
        self.lines = [line for run in found.items for line in _lines(run)]
        self.rules = {"reallocate": rules.reallocate, "replan": rules.replan}
        self.percent, self.policy_told = f"{rules.most_added_cost * 100:.0f}", _policy(rules)


def _share(percent: str | None) -> float:
    """Of what was planned, from what somebody has typed.

    Raises: Invalid.
    """
    try:
        share = float(percent or 0) / 100
    except ValueError:
        share = -1
    if not 0 <= share <= MOST_ADDED:
        raise dialog.wrong(
            "percent",
            "How much more it may cost is a number of percent.",
            f"Write 0 to {MOST_ADDED * 100:.0f}.",
        )
    return share


def _policy(rules: Policy) -> str:
    """What it comes to, in a sentence."""
    done = [word for name, word in _PERFORMED.items() if rules.performs(name)]
    if not done:
        return "A person is asked about everything."
    return f"Without asking, {' and '.join(done)}, where that costs at most {rules.most_added_cost:.0%} more than planned."


_PERFORMED = {
    "reallocate": "tasks that have not begun are given to others",
    "replan": "the rest is planned again",
}


def _lines(run: RunOfPlan) -> list[Line]:
    state = "over" if run.is_over else "under way"
    title = f"Run {run.run_id[-8:]}, {state}"
    head = Line("run", run.run_id, title, _forecast(run), routes.run(run.run_id), is_open=not run.is_over)
    return [head, *map(_deviation, run.deviations), *map(_adaptation, run.adaptations)]


def _forecast(run: RunOfPlan) -> str:
    seen: Forecast | None = run.forecast
    if seen is None:
        return f"by version {run.version}"
    ends = "took" if run.is_over else "ends after"
    told = [
        f"{seen.done} of {seen.tasks} tasks",
        f"{ends} {span(seen.end)}, planned {span(seen.planned_end)}",
        f"{figures.money(seen.cost)}, planned {figures.money(seen.planned_cost)}",
        f"by version {run.version}",
    ]
    if seen.late:
        told.insert(0, f"{span(seen.late)} after the deadline")
    return " · ".join(told)


def _deviation(one: DeviationPublic) -> Line:
    return Line("deviation", f"{one.run_id}{one.kind}{one.task}", one.message, severity=one.severity)


def _adaptation(one: AdaptationPublic) -> Line:
    state = "Done by the plan's policy" if one.by_policy and one.state == "done" else _STATES[one.state]
    parts = (one.reason, state, one.outcome, _FOLLOWS[one.follow], one.left_why)
    told = ". ".join(part.rstrip(".") for part in parts if part)
    return Line("adaptation", one.id, _OFFERS[one.kind], told, is_open=one.state == "proposed")
