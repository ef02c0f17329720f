"""Performs what was proposed where the plan's policy says so, in the name of whoever set the policy and with what they may do now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from backend.core import db
from backend.core.db import Session
from backend.core.errors import QuadrilleError
from backend.identity import accounts
from backend.identity.principal import Principal
from backend.planning.models import Plan
from backend.planning.watch_models import PlanAdaptation
from backend.planning.watching import adapting, policy
from backend.planning.watching.policy import PolicyPublic

AT_ONCE = 20


@dataclass(frozen=True)
class Wanted:
    """An adaptation, in whose name it is performed, and how far that goes."""

    adaptation_id: str
    by: Principal | None
    rule: PolicyPublic


async def wanted(besides: Collection[str] = ()) -> dict[str, list[Wanted]]:
    """What is proposed and not left to people, by the plan; nothing of the plans `besides`."""
    found: dict[str, list[Wanted]] = {}
    async with db.database().reading() as session:
        for row, plan in await _wanted(session, besides):
            rule = policy.of(plan)
            by = await accounts.principal_of(session, row.team_id, rule.set_by)
            found.setdefault(plan.id, []).append(Wanted(row.id, by, rule))
    return found


async def perform(plan_id: str, of_it: Sequence[Wanted]) -> None:
    """One after the other: each begins with what became of the plan by the one before. A model may take its time."""
    for one in of_it:
        await _performed(one.by, plan_id, one.adaptation_id, one.rule)


async def _wanted(session: Session, besides: Collection[str]) -> Sequence[tuple[PlanAdaptation, Plan]]:
    query = (
        select(PlanAdaptation, Plan)
        .join(Plan, col(Plan.id) == col(PlanAdaptation.plan_id))
        .where(col(PlanAdaptation.state) == "proposed", col(PlanAdaptation.by_policy).is_(True))
        .where(col(PlanAdaptation.plan_id).not_in(list(besides)))
    )
    return (await session.exec(query.order_by(col(PlanAdaptation.id)).limit(AT_ONCE))).all()


async def _performed(by: Principal | None, plan_id: str, adaptation_id: str, rule: PolicyPublic) -> None:
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
