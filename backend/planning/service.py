"""Plans of a team: made, made again with other constraints, looked at, and forgotten."""

from backend.core import clock, db, ids
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.identity import audit
from backend.identity.principal import Principal
from backend.planning import domain, making, repository, team, view
from backend.planning.models import Plan, PlanVersion
from backend.planning.plan import Goal, TeamPlan
from backend.planning.schemas import (
    DomainPage,
    How,
    PlanAgain,
    PlanCreate,
    PlanDetail,
    PlanPage,
    PlanVersionPage,
)

MAX_PAGE = 200


class NoSuchPlan(NotFound):
    """The team has no plan of that id."""

    code, title = "no_such_plan", "There is no such plan"


async def create(by: Principal, wish: PlanCreate) -> PlanDetail:
    """A plan for a goal. Nothing of the database is held while it is thought out."""
    by.require("workflow.edit")
    made = await think(by, Goal(text=wish.goal, constraints=wish.constraints), wish)
    now = clock.now()
    async with db.database().transaction() as session:
        plan = Plan(
            id=ids.new("plan"),
            team_id=by.team_id,
            title=made.title,
            goal=made.goal.text,
            version=0,
            created_by=by.account_id,
            created_at=now,
            changed_at=now,
        )
        session.add(plan)
        await session.flush()
        row = await add_version(session, by, plan, made, "First plan")
        await audit.record(session, by, "plan.created", plan.id, {"title": plan.title})
        return view.detail(plan, row)


async def again(by: Principal, plan_id: str, wish: PlanAgain) -> PlanDetail:
    """Another version: with other constraints, another domain, or another wording of the goal."""
    by.require("workflow.edit")
    async with db.database().reading() as session:
        plan = await found(session, by, plan_id)
        known = TeamPlan.model_validate((await version(session, plan)).body)
    goal = Goal(text=wish.goal or known.goal.text, constraints=wish.constraints or known.goal.constraints)
    made = await think(by, goal, wish)
    async with db.database().transaction() as session:
        plan = await held(session, by, plan_id)
        row = await add_version(session, by, plan, made, wish.reason)
        await audit.record(
            session, by, "plan.changed", plan.id, {"version": plan.version, "reason": wish.reason}
        )
        return view.detail(plan, row)


async def think(by: Principal, goal: Goal, how: How) -> TeamPlan:
    """The plan, stored nowhere."""
    async with db.database().reading() as session:
        members = await team.members(session, by, goal.constraints.agents)
    if how.model:
        return await making.by_model(by, goal, how, members)
    return await making.by_domain(goal, how.domain, members)


async def add_version(
    session: Session, by: Principal, plan: Plan, made: TeamPlan, reason: str
) -> PlanVersion:
    """The newest version from now on; a plan that was accepted stays so until the new one is."""
    plan.version += 1
    plan.title, plan.goal, plan.changed_at = made.title, made.goal.text, clock.now()
    if plan.accepted_version is None:
        plan.state = "proposed" if made.feasible else "impossible"
    row = PlanVersion(
        plan_id=plan.id,
        number=plan.version,
        team_id=plan.team_id,
        body=made.model_dump(mode="json"),
        reason=reason,
        created_by=by.account_id,
        created_at=plan.changed_at,
    )
    session.add_all((plan, row))
    await session.flush()
    return row


async def list_(session: Session, by: Principal, *, cursor: str | None = None, limit: int = 50) -> PlanPage:
    """A page of the team's plans, the newest first."""
    by.require("workflow.read")
    if cursor and not cursor.startswith("plan_"):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    limit = min(max(limit, 1), MAX_PAGE)
    rows = await repository.page(session, by.team_id, cursor, limit + 1)
    items = [view.public(one) for one in rows[:limit]]
    return PlanPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def get(session: Session, by: Principal, plan_id: str, number: int | None = None) -> PlanDetail:
    """One plan with its newest version, or with that one."""
    by.require("workflow.read")
    plan = await found(session, by, plan_id)
    return view.detail(plan, await version(session, plan, number))


async def versions(session: Session, by: Principal, plan_id: str) -> PlanVersionPage:
    """Every version, in figures."""
    by.require("workflow.read")
    plan = await found(session, by, plan_id)
    rows = await repository.versions(session, plan.id)
    return PlanVersionPage(items=[view.version(row, plan) for row in rows])


async def remove(session: Session, by: Principal, plan_id: str) -> None:
    """Forget a plan; the workflow and the agents that came of it stay."""
    by.require("workflow.edit")
    plan = await held(session, by, plan_id)
    await repository.forget_runs(session, plan.id)
    for row in await repository.versions(session, plan.id):
        await session.delete(row)
    await session.flush()
    await session.delete(plan)
    await audit.record(session, by, "plan.removed", plan.id, {"title": plan.title})


def domains(by: Principal) -> DomainPage:
    """What can be planned offline."""
    by.require("workflow.read")
    return DomainPage(items=[view.domain(one) for one in (*domain.all_(), domain.get(domain.GENERIC))])


async def found(session: Session, by: Principal, plan_id: str) -> Plan:
    """The plan, or NoSuchPlan."""
    if plan := await repository.find(session, by.team_id, plan_id):
        return plan
    raise _missing()


async def held(session: Session, by: Principal, plan_id: str) -> Plan:
    """The plan, held until the commit, or NoSuchPlan."""
    if plan := await repository.locked(session, by.team_id, plan_id):
        return plan
    raise _missing()


async def version(session: Session, plan: Plan, number: int | None = None) -> PlanVersion:
    """That version of it, or the newest."""
    if row := await repository.version(session, plan.id, number or plan.version):
        return row
    raise NotFound(f"The plan has no version {number}.", fix=f"The newest is {plan.version}.")


def _missing() -> NoSuchPlan:
    return NoSuchPlan("There is no such plan.", fix="Look at the list of plans.")
