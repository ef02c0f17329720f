"""Performs what was proposed where the plan's policy says so, in the name of whoever set the policy and with what they may do now."""

from collections.abc import Sequence

from sqlmodel import col, select

from backend.core import db
from backend.core.db import Session
from backend.core.errors import QuadrilleError
from backend.identity import accounts
from backend.identity.principal import Principal
from backend.planning.models import Plan
from backend.planning.watch_models import PlanAdaptation
from backend.planning.watching import adapting, policy

AT_ONCE = 20


async def perform() -> int:
    """What is proposed and not left to people; how many adaptations were decided about."""
    async with db.database().reading() as session:
        wanted = [
            (row.id, plan.id, await accounts.principal_of(session, row.team_id, rule.set_by), rule)
            for row, plan in await _wanted(session)
            if (rule := policy.of(plan))
        ]
    for adaptation_id, plan_id, by, rule in wanted:
        await _performed(by, plan_id, adaptation_id, rule)
    return len(wanted)


async def _wanted(session: Session) -> Sequence[tuple[PlanAdaptation, Plan]]:
    query = (
        select(PlanAdaptation, Plan)
        .join(Plan, col(Plan.id) == col(PlanAdaptation.plan_id))
        .where(col(PlanAdaptation.state) == "proposed", col(PlanAdaptation.by_policy).is_(True))
    )
    return (await session.exec(query.order_by(col(PlanAdaptation.id)).limit(AT_ONCE))).all()


async def _performed(by: Principal | None, plan_id: str, adaptation_id: str, rule: policy.Policy) -> None:
    """A refusal leaves it to people, with its reason."""
    if by is None:
        await _leave(adaptation_id, "Whoever set the policy is no member any more.")
        return
    try:
        await adapting.decide(by, plan_id, adaptation_id, accept=True, policy=rule)
    except adapting.AlreadyDecided:
        return
    except QuadrilleError as error:
        await _leave(adaptation_id, error.message)


async def _leave(adaptation_id: str, why: str) -> None:
    async with db.database().transaction() as session:
        row = await session.get(PlanAdaptation, adaptation_id)
        if row is not None and row.state == "proposed":
            row.left_why, row.by_policy = why, False
            session.add(row)
