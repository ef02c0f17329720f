"""How long runs are kept, over HTTP."""

from fastapi import APIRouter

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.runs import retention
from backend.runs.retention import Kept, RetentionRule

router = APIRouter()


@router.get("/team/retention")
async def kept(session: ReadSession, by: CurrentPrincipal) -> Kept:
    """For how long the team keeps finished runs, and how much room its runs take."""
    return await retention.kept(session, by)


@router.put("/team/retention")
async def change(session: WriteSession, by: CurrentPrincipal, body: RetentionRule) -> Kept:
    """Keep finished runs for so many days, and so many of each workflow; 0 keeps them for ever, or all."""
    return await retention.change(session, by, body)
