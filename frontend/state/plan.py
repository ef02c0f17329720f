"""What the page of one plan shows and does."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend.core.errors import NotFound
from backend.identity import limiter
from backend.planning import accepting, service, team
from backend.planning.plan import Member
from backend.planning.schemas import Accepting, PlanAgain, PlanDetail, PlanVersionPublic
from frontend import routes
from frontend.rules import allows
from frontend.state import dialog, edge, figures, plan_form, plan_rows, plan_timeline
from frontend.state.iso import iso
from frontend.state.plan_form import EMPTY, Choosable
from frontend.state.plan_rows import Danger, Doing, Worker
from frontend.state.plan_timeline import Bar, Tick, span
from frontend.state.session import caller


class Plan(rx.State):
    """The plan of this address, in the version that was chosen."""

    id: str = ""
    missing: str = ""
    busy: bool = False
    title: str = ""
    goal: str = ""
    state: str = ""
    domain: str = ""
    version: int = 0
    newest: int = 0
    accepted: int = 0
    workflow_href: str = ""
    proposal_href: str = ""
    problems: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    tiles: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    bars: rx.Field[list[Bar]] = rx.field(default_factory=list)
    lines: rx.Field[list[str]] = rx.field(default_factory=list)
    box: str = "0 0 1000 0"
    ticks: rx.Field[list[Tick]] = rx.field(default_factory=list)
    deadline: str = ""
    doings: rx.Field[list[Doing]] = rx.field(default_factory=list)
    workers: rx.Field[list[Worker]] = rx.field(default_factory=list)
    dangers: rx.Field[list[Danger]] = rx.field(default_factory=list)
    reasons: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    path: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    versions: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    lacking: rx.Field[list[str]] = rx.field(default_factory=list)
    form: rx.Field[dict[str, str]] = rx.field(default_factory=lambda: dict(EMPTY))
    agents: rx.Field[list[Choosable]] = rx.field(default_factory=list)

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """The newest version."""
        self.id = self.missing = ""
        self.busy = False
        await self._read(self.router.url.path.rsplit("/", 1)[-1])

    @rx.event
    @allows("workflow.read")
    async def show(self, number: int):
        """Another version."""
        await self._read(self.id, number)

    @rx.event
    @allows("workflow.edit")
    async def again(self, typed: dict[str, Any]) -> EventSpec:
        """A new version with what was typed."""
        wish = plan_form.wish(typed)
        by = caller()
        await limiter.require("proposal", by.account_id)
        reason = str(typed.get("reason") or "").strip()
        await service.again(by, self.id, PlanAgain(**wish.model_dump(), reason=reason))
        await self._read(self.id)
        return dialog.DONE

    @rx.event
    @allows("workflow.edit")
    async def accept(self, typed: dict[str, Any]) -> EventSpec:
        """Make its agents and its workflow, and look at the diagram there."""
        wish = Accepting(version=self.version, model=str(typed.get("model") or "").strip())
        async with edge.writing() as (session, by):
            done = await accepting.accept(session, by, self.id, wish)
        return rx.redirect(routes.planned_workflow(done.workflow_id or "", self.id))

    @rx.event
    @allows("workflow.edit")
    async def remove(self) -> EventSpec:
        """Forget it."""
        async with edge.writing() as (session, by):
            await service.remove(session, by, self.id)
        return rx.redirect(routes.PLANS)

    async def _read(self, plan_id: str, number: int | None = None) -> None:
        try:
            async with edge.reading() as (session, by):
                found = await service.get(session, by, plan_id, number)
                rows = (await service.versions(session, by, found.id)).items
                known = await team.members(session, by)
        except NotFound as error:
            self.missing = error.message
            return
        self._take(found)
        self._draw(found)
        self.versions = [_version(row) for row in rows]
        self.agents = choosable(known, found.plan.goal.constraints.agents)

    def _take(self, found: PlanDetail) -> None:
        self.id, self.title, self.state = found.id, found.title, found.state
        self.goal = "" if found.plan.goal.text.rstrip(". ") == found.title else found.plan.goal.text
        self.version, self.newest = found.shown_version, found.version
        self.accepted = found.accepted_version or 0
        self.workflow_href = routes.workflow(found.workflow_id) if found.workflow_id else ""
        self.proposal_href = routes.planned_workflow(found.workflow_id, found.id) if found.workflow_id else ""
        self.domain = {"model": f"planned by {found.plan.model}", "generic": "a plan for any goal"}.get(
            found.plan.source, found.plan.domain.replace("_", " ")
        )
        self.problems = [[one.message, one.fix] for one in found.plan.problems]
        self.lacking = [role.name for role in found.plan.roles] if not found.agents else []
        self.form = plan_form.texts(found.plan)

    def _draw(self, found: PlanDetail) -> None:
        plan = found.plan
        self.tiles = plan_rows.tiles(plan) if plan.assignments else []
        self.bars, self.lines = plan_timeline.bars(plan), plan_timeline.lines(plan)
        self.box = f"0 0 1000 {len(self.bars) * plan_timeline.ROW}"
        self.ticks, self.deadline = plan_timeline.ticks(plan), plan_timeline.deadline_at(plan)
        self.doings, self.workers = plan_rows.doings(plan), plan_rows.workers(plan, found.agents or {})
        self.dangers, self.reasons = plan_rows.dangers(plan), plan_rows.reasons(plan)
        self.path = plan_rows.path(plan)


def choosable(members: tuple[Member, ...], chosen: tuple[str, ...]) -> list[Choosable]:
    """Agents with those ticked that were chosen."""
    return [Choosable(one.id, one.name, one.id in chosen or one.name in chosen) for one in members]


def _version(row: PlanVersionPublic) -> list[str]:
    told = f"{row.tasks} tasks, {span(row.makespan)}, {figures.money(row.cost)}"
    if row.problems:
        told = "not possible"
    return [str(row.number), row.reason, told, iso(row.created_at), "accepted" if row.accepted else ""]
