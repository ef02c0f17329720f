"""Runs beside their plans, for pages and programs."""

from collections.abc import Sequence

from sqlmodel import col, select

from backend.core.db import Session
from backend.core.errors import NotFound
from backend.identity.principal import Principal
from backend.planning import service
from backend.planning.watch_models import PlanAdaptation, PlanDeviation, PlanRun
from backend.planning.watching.looking import seen
from backend.planning.watching.schemas import AdaptationPublic, DeviationPublic, RunOfPlan, RunOfPlanPage

MOST = 50


async def of_plan(
    session: Session, by: Principal, plan_id: str, before: str | None, limit: int
) -> RunOfPlanPage:
    """The newest runs first."""
    by.require("run.read")
    plan = await service.found(session, by, plan_id)
    query = select(PlanRun).where(col(PlanRun.plan_id) == plan.id, col(PlanRun.team_id) == by.team_id)
    if before:
        query = query.where(col(PlanRun.run_id) < before)
    found = (await session.exec(query.order_by(col(PlanRun.run_id).desc()).limit(limit + 1))).all()
    items = await _public(session, found[:limit])
    return RunOfPlanPage(items=items, next_cursor=items[-1].run_id if len(found) > limit else None)


async def of_run(session: Session, by: Principal, run_id: str) -> RunOfPlan:
    """One run; NotFound where it came of no plan."""
    by.require("run.read")
    query = select(PlanRun).where(col(PlanRun.run_id) == run_id, col(PlanRun.team_id) == by.team_id)
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound("This run came of no plan.", fix="Accept a plan, and run its workflow.")
    return (await _public(session, [row]))[0]


async def _public(session: Session, watched: Sequence[PlanRun]) -> list[RunOfPlan]:
    run_ids = [one.run_id for one in watched]
    told = select(PlanDeviation).where(col(PlanDeviation.run_id).in_(run_ids)).order_by(col(PlanDeviation.at))
    done = (
        select(PlanAdaptation).where(col(PlanAdaptation.run_id).in_(run_ids)).order_by(col(PlanAdaptation.id))
    )
    deviations = [DeviationPublic.model_validate(row.model_dump()) for row in await session.exec(told)]
    adaptations = [AdaptationPublic.model_validate(row.model_dump()) for row in await session.exec(done)]
    return [
        RunOfPlan(
            run_id=one.run_id,
            plan_id=one.plan_id,
            version=one.version,
            is_over=one.is_over,
            looked_at=one.looked_at,
            forecast=seen(one),
            deviations=[each for each in deviations if each.run_id == one.run_id],
            adaptations=[each for each in adaptations if each.run_id == one.run_id],
        )
        for one in watched
    ]
