"""A plan becomes a workflow: the agents that it lacks are made, and its diagram is drawn, or proposed beside the draft."""

from collections.abc import Sequence

from backend.agents import ready_made
from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.core import clock, db
from backend.core.db import Session
from backend.core.errors import Conflict, NotFound
from backend.identity import audit
from backend.identity.principal import Principal
from backend.inference import chat_extractive
from backend.nodes import registry
from backend.planning import drawing, service, view
from backend.planning.models import Plan
from backend.planning.plan import NEW, PEOPLE, Role, TeamPlan
from backend.planning.schemas import Accepting, PlanDetail, PlanProposal
from backend.workflows import service as workflows
from backend.workflows import views
from backend.workflows.body import in_thread
from backend.workflows.proposals import merging


class NotFeasible(Conflict):
    """The plan says itself why it cannot be."""

    code, title = "plan_not_feasible", "The plan is not possible"


class NotAccepted(Conflict):
    """There is no diagram of it yet."""

    code, title = "plan_not_accepted", "The plan was not accepted yet"


async def accept(session: Session, by: Principal, plan_id: str, wish: Accepting) -> PlanDetail:
    """Make the agents and the workflow; accepted again, the workflow stays, and agents that were made stay, too."""
    by.require("workflow.edit")
    plan = await service.held(session, by, plan_id)
    row = await service.version(session, plan, wish.version)
    body = TeamPlan.model_validate(row.body)
    if not body.feasible:
        first = body.problems[0]
        raise NotFeasible(f"This plan is not possible: {first.message}", fix=first.fix)
    row.agents = row.agents or await _employed(session, by, body, wish.model)
    drawn, row.nodes = drawing.diagram(body, row.agents, row.nodes)
    if await _gone(session, by, plan):
        made = await workflows.create(session, by, drawn if wish.draw else workflows.empty(plan.title))
        plan.workflow_id = made.id
    elif wish.draw and plan.workflow_id:
        await workflows.replace(session, by, plan.workflow_id, drawn)
    plan.state, plan.accepted_version, plan.changed_at = "accepted", row.number, clock.now()
    session.add_all((plan, row))
    await session.flush()
    about = {"version": row.number, "workflow_id": plan.workflow_id}
    await audit.record(session, by, "plan.accepted", plan.id, about)
    return view.detail(plan, row)


async def proposal(by: Principal, plan_id: str) -> PlanProposal:
    """The accepted plan's diagram beside the draft as it is now; nothing is changed."""
    by.require("workflow.edit")
    async with db.database().reading() as session:
        plan = await service.found(session, by, plan_id)
        if plan.accepted_version is None or plan.workflow_id is None:
            raise NotAccepted("There is no workflow of this plan yet.", fix="Accept it on its page first.")
        row = await service.version(session, plan, plan.accepted_version)
        before = (await workflows.draft(session, by, plan.workflow_id)).diagram
    body = TeamPlan.model_validate(row.body)
    drawn, _ = drawing.diagram(body, row.agents or {}, row.nodes)
    after = merging.merged(before, drawn, registry.all_kinds())
    return PlanProposal(
        source="plan",
        told=told(body),
        comparison=await in_thread(views.comparison, before, after),
        plan_id=plan.id,
        workflow_id=plan.workflow_id,
    )


def told(body: TeamPlan) -> str:
    """The plan in two sentences."""
    work = [task for task in body.tasks if task.kind == "work"]
    asks = sum(task.kind == "approval" for task in body.tasks)
    busy = len({one.member for one in body.assignments} - {PEOPLE})
    people = f", and people are asked {asks} time{'s' * (asks != 1)}" if asks else ""
    return f"The plan “{body.title}”: {len(work)} tasks for {busy} agents{people}. Every task is a node that asks its agent."


async def _employed(session: Session, by: Principal, body: TeamPlan, model: str) -> dict[str, str]:
    """Which agent each member is; those that are lacking are made now."""
    roles = {role.key: role for role in body.roles}
    found: dict[str, str] = {}
    for one in body.members:
        if one.id == PEOPLE:
            continue
        found[one.id] = (
            await _made(session, by, roles[one.id.removeprefix(NEW)], model) if one.new else one.id
        )
    return found


async def hired(
    session: Session, by: Principal, roles: Sequence[Role], body: TeamPlan, model: str = ""
) -> dict[str, str]:
    """The agents of those roles that have something to do, by the ids of their members."""
    busy = {one.member for one in body.assignments}
    return {NEW + role.key: await _made(session, by, role, model) for role in roles if NEW + role.key in busy}


async def _made(session: Session, by: Principal, role: Role, model: str) -> str:
    """Offline the quoting model cannot keep to a schema, so its agents answer in words."""
    template = ready_made.get(role.from_role).profile
    chosen = model or template.model
    profile = {"goal": role.goal, "model": chosen}
    profile |= {"output_schema": None, "strategy": "direct"} if chosen == chat_extractive.NAME else {}
    wish = AgentCreate(
        name=await agents.free_name(session, by, role.name),
        from_role=role.from_role,
        profile=profile,
        capabilities=[
            CapabilityWish(name=name, proficiency=value) for name, value in role.capabilities.items()
        ],
        reason="Designed for a plan",
    )
    return (await agents.create(session, by, wish)).id


async def _gone(session: Session, by: Principal, plan: Plan) -> bool:
    if plan.workflow_id is None:
        return True
    try:
        known = await workflows.get(session, by, plan.workflow_id)
    except NotFound:
        return True
    return known.archived_at is not None
