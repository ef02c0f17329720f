"""How everything stands, over HTTP: the overview, the heat of a workflow, and the alarms."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.monitoring import agent_endpoints, budget, service
from backend.monitoring import heat as heats
from backend.monitoring import overview as overviews
from backend.monitoring.budget import Budget
from backend.monitoring.schemas import AlarmPage, AlarmPublic, AlarmWish, Heat, Overview

router = APIRouter(prefix="/api/v1", tags=["monitoring"])
router.include_router(agent_endpoints.router)


@router.get("/overview")
async def overview(session: ReadSession, by: CurrentPrincipal) -> Overview:
    """The team's runs now and in the last day, and the installation below them."""
    return await overviews.overview(session, by)


@router.get("/runs/{run_id}/budget")
async def get_budget(run_id: str, session: ReadSession, by: CurrentPrincipal) -> Budget:
    """What the models of a run have taken so far, beside what they may."""
    return await budget.of_run(session, by, run_id)


@router.get("/workflows/{ref}/heat")
async def heat(
    ref: str,
    session: ReadSession,
    by: CurrentPrincipal,
    runs: Annotated[int, Query(ge=1, le=heats.MOST_RUNS, description="So many of the newest.")] = 50,
) -> Heat:
    """How each node did in the newest runs of the published version."""
    return await heats.heat(session, by, ref, runs)


@router.get("/alarms")
async def list_(session: ReadSession, by: CurrentPrincipal) -> AlarmPage:
    """The team's alarms, and which of them are raised."""
    return await service.list_(session, by)


@router.post("/alarms", status_code=201)
async def create(wish: AlarmWish, session: WriteSession, by: CurrentPrincipal) -> AlarmPublic:
    """Look for something from now on, and tell by e-mail, webhook and on the pages."""
    return await service.create(session, by, wish)


@router.delete("/alarms/{alarm_id}", status_code=204)
async def remove(alarm_id: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Look for it no longer."""
    await service.remove(session, by, alarm_id)
