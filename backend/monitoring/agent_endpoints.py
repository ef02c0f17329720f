"""What agents did, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.monitoring import agent_figures
from backend.monitoring.agent_schemas import AgentStatistics, AgentUsePage

router = APIRouter(tags=["agents"])


@router.get("/agents/{agent_id}/statistics")
async def statistics(
    agent_id: str,
    session: ReadSession,
    by: CurrentPrincipal,
    days: Annotated[int, Query(ge=1, le=366)] = agent_figures.DAYS,
) -> AgentStatistics:
    """Success, time, tokens, money and scores of its steps, altogether and by version, and the newest runs."""
    return await agent_figures.statistics(session, by, agent_id, days)


@router.get("/agents/{agent_id}/uses")
async def uses(agent_id: str, session: ReadSession, by: CurrentPrincipal) -> AgentUsePage:
    """The published workflows that name it."""
    return await agent_figures.uses(session, by, agent_id)
