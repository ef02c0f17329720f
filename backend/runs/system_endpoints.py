"""Limits of runs, and how the installation stands, over HTTP."""

from fastapi import APIRouter

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.runs import alarms, limits
from backend.runs.alarms import System
from backend.runs.limits import Limits

router = APIRouter()


@router.get("/system")
async def system(session: ReadSession, by: CurrentPrincipal) -> System:
    """Living workers, how long runs wait for one, and what an operator should look at."""
    return await alarms.system(session, by)


@router.get("/team/limits")
async def of_team(session: ReadSession, by: CurrentPrincipal) -> Limits:
    """How many runs of the whole team are played at once."""
    return await limits.of_team(session, by)


@router.put("/team/limits")
async def limit_team(session: WriteSession, by: CurrentPrincipal, body: Limits) -> Limits:
    """Play at most so many runs of the team at once; the others wait queued."""
    return await limits.limit_team(session, by, body)


@router.get("/workflows/{ref}/limits")
async def of_workflow(ref: str, session: ReadSession, by: CurrentPrincipal) -> Limits:
    """How many runs of the workflow are played at once, and how urgent they are."""
    return await limits.of_workflow(session, by, ref)


@router.put("/workflows/{ref}/limits")
async def limit_workflow(ref: str, session: WriteSession, by: CurrentPrincipal, body: Limits) -> Limits:
    """Play at most so many runs of the workflow at once; the others wait queued."""
    return await limits.limit_workflow(session, by, ref, body)
