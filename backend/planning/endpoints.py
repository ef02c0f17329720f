"""Plans over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.identity import limiter
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.planning import accepting, service
from backend.planning.schemas import (
    Accepting,
    DomainPage,
    PlanAgain,
    PlanCreate,
    PlanDetail,
    PlanPage,
    PlanProposal,
    PlanVersionPage,
)

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])


@router.get("")
async def list_(
    session: ReadSession,
    by: CurrentPrincipal,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PlanPage:
    """The team's plans, the newest first."""
    return await service.list_(session, by, cursor=cursor, limit=limit)


@router.post("", status_code=201)
async def create(by: CurrentPrincipal, body: PlanCreate, response: Response) -> PlanDetail:
    """Plan for a goal: tasks, roles, who does what when, risks, and why. One that cannot be is `impossible` and says why."""
    by.require("workflow.edit")
    await limiter.require("proposal", by.account_id)
    made = await service.create(by, body)
    response.headers["Location"] = f"/api/v1/plans/{made.id}"
    return made


@router.get("/domains")
async def list_domains(by: CurrentPrincipal) -> DomainPage:
    """The kinds of goals that can be planned offline."""
    return service.domains(by)


@router.get("/{plan_id}")
async def get(
    plan_id: str,
    session: ReadSession,
    by: CurrentPrincipal,
    version: Annotated[int | None, Query(ge=1, lt=2**31, description="Empty: the newest.")] = None,
) -> PlanDetail:
    """One plan with its newest version, or with that one."""
    return await service.get(session, by, plan_id, version)


@router.delete("/{plan_id}", status_code=204)
async def remove(plan_id: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Forget a plan; the workflow and the agents that came of it stay."""
    await service.remove(session, by, plan_id)


@router.get("/{plan_id}/versions")
async def list_versions(plan_id: str, session: ReadSession, by: CurrentPrincipal) -> PlanVersionPage:
    """Every version in figures, the newest first."""
    return await service.versions(session, by, plan_id)


@router.post("/{plan_id}/versions", status_code=201)
async def again(plan_id: str, by: CurrentPrincipal, body: PlanAgain) -> PlanDetail:
    """Plan again, with other constraints, another domain or another wording; the versions before it stay."""
    by.require("workflow.edit")
    await limiter.require("proposal", by.account_id)
    return await service.again(by, plan_id, body)


@router.post("/{plan_id}/accept")
async def accept(
    plan_id: str, session: WriteSession, by: CurrentPrincipal, body: Accepting | None = None
) -> PlanDetail:
    """Make the workflow of a plan and the agents that it lacks; the diagram is drawn with `draw`, else it is a proposal."""
    return await accepting.accept(session, by, plan_id, body or Accepting())


@router.get("/{plan_id}/proposal")
async def propose(plan_id: str, by: CurrentPrincipal) -> PlanProposal:
    """The accepted plan's diagram beside the draft of its workflow, with every change between them."""
    return await accepting.proposal(by, plan_id)
