"""Plans as callers see them."""

from backend.planning.domain import Domain
from backend.planning.models import Plan, PlanVersion
from backend.planning.plan import TeamPlan
from backend.planning.schemas import DomainPublic, PlanDetail, PlanPublic, PlanVersionPublic


def public(plan: Plan) -> PlanPublic:
    """A plan in a list."""
    return PlanPublic.model_validate(plan.model_dump(exclude={"team_id", "policy"}))


def detail(plan: Plan, row: PlanVersion) -> PlanDetail:
    """A plan with one of its versions."""
    return PlanDetail(
        **public(plan).model_dump(),
        shown_version=row.number,
        reason=row.reason,
        plan=TeamPlan.model_validate(row.body),
        nodes=row.nodes,
        agents=row.agents,
    )


def version(row: PlanVersion, plan: Plan) -> PlanVersionPublic:
    """A version in figures."""
    body = TeamPlan.model_validate(row.body)
    return PlanVersionPublic(
        number=row.number,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
        accepted=row.number == plan.accepted_version,
        makespan=body.makespan,
        cost=body.cost,
        tasks=len(body.work()),
        problems=len(body.problems),
    )


def domain(one: Domain) -> DomainPublic:
    """A domain with what it is good for."""
    return DomainPublic(
        name=one.name,
        title=one.title,
        sentence=one.sentence,
        source=one.source,
        examples=list(one.examples),
        tasks=sum(not task.methods for task in one.tasks.values()),
    )
