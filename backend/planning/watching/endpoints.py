"""Runs beside their plans over HTTP, and what is decided about them."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.core import db
from backend.identity import limiter
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.planning.schemas import How
from backend.planning.watching import adapting, policy, reading
from backend.planning.watching.policy import Policy, PolicyPublic
from backend.planning.watching.schemas import AdaptationDecision, RunOfPlan, RunOfPlanPage

router = APIRouter(prefix="/api/v1", tags=["plans"])


@router.get("/plans/{plan_id}/runs")
async def list_runs(
    plan_id: str,
    session: ReadSession,
    by: CurrentPrincipal,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=reading.MOST)] = 20,
) -> RunOfPlanPage:
    """Runs of the plan's workflow beside the plan: forecast, deviations, and what is proposed; the newest first."""
    return await reading.of_plan(session, by, plan_id, cursor, limit)


@router.post("/plans/{plan_id}/runs/{run_id}/replan")
async def replan(plan_id: str, run_id: str, by: CurrentPrincipal, body: How | None = None) -> RunOfPlan:
    """Take the rest of a run apart again and plan it, with the agents, the time and the money that are left.

    What is done stays; the run follows at its next rest. Without a model or a domain, as the plan was made.
    """
    by.require("workflow.edit")
    await limiter.require("proposal", by.account_id)
    await adapting.replan(by, plan_id, run_id, body)
    async with db.database().reading() as session:
        return await reading.of_run(session, by, run_id)


@router.get("/plans/{plan_id}/policy")
async def get_policy(plan_id: str, session: ReadSession, by: CurrentPrincipal) -> PolicyPublic:
    """What is performed about deviations without asking."""
    return await policy.read(session, by, plan_id)


@router.put("/plans/{plan_id}/policy")
async def put_policy(plan_id: str, session: WriteSession, by: CurrentPrincipal, body: Policy) -> PolicyPublic:
    """Say what is performed without asking, and how much it may cost; it is done in the name of whoever says so."""
    return await policy.write(session, by, plan_id, body)


@router.get("/runs/{run_id}/plan")
async def get_of_run(run_id: str, session: ReadSession, by: CurrentPrincipal) -> RunOfPlan:
    """The run beside its plan; 404 where it came of none."""
    return await reading.of_run(session, by, run_id)


@router.post("/plans/{plan_id}/adaptations/{adaptation_id}", status_code=204)
async def decide(plan_id: str, adaptation_id: str, by: CurrentPrincipal, body: AdaptationDecision) -> None:
    """Accept what is proposed, or dismiss it. Accepting `reallocate` and `replan` makes a new version of the plan, which the run follows."""
    by.require("workflow.edit")
    await adapting.decide(by, plan_id, adaptation_id, accept=body.accept)
