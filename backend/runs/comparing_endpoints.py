"""Runs beside each other, the last one that went well, and what a run asked of the world, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.runs import asked, body, bulk, comparing
from backend.runs.asked import CallPage
from backend.runs.bulk import ActOnMany, BulkReport
from backend.runs.comparing import Comparison
from backend.runs.schemas import RunPublic

router = APIRouter()


@router.get("/runs/{run_id}/compare/{other_id}")
async def compare(run_id: str, other_id: str, session: ReadSession, by: CurrentPrincipal) -> Comparison:
    """Every step of this run (*here*) beside that of the other one (*there*), and where they first differ."""
    return await comparing.compare(session, by, run_id, other_id)


@router.post("/runs/bulk", openapi_extra=body.documented(ActOnMany, required=True))
async def act_on_many(request: Request, by: CurrentPrincipal) -> BulkReport:
    """Cancel, pause, resume, retry, start again, tag or repair many runs; the answer tells what became of each."""
    return await bulk.act(by, await body.read(request, ActOnMany))


@router.get("/runs/{run_id}/last-good")
async def last_good(run_id: str, session: ReadSession, by: CurrentPrincipal) -> RunPublic | None:
    """The newest run of the same workflow before this one that went well; null where there is none."""
    return await comparing.last_good(session, by, run_id)


@router.get("/runs/{run_id}/calls")
async def calls(
    run_id: str,
    session: ReadSession,
    by: CurrentPrincipal,
    limit: Annotated[int, Query(ge=1, le=asked.MOST)] = 200,
) -> CallPage:
    """What its steps asked models, code, addresses and people, with tokens and times, as it was recorded."""
    return await asked.calls(session, by, run_id, limit)
