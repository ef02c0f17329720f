"""Trial runs over HTTP, and the last data of a workflow's nodes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.core import db
from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.runs import body, last_data, trials
from backend.runs.schemas import RunPublic
from backend.runs.trial_schemas import LastData, StartTrial

router = APIRouter()


@router.post(
    "/workflows/{workflow_id}/trials",
    status_code=202,
    openapi_extra=body.documented(StartTrial, required=True),
)
async def start(workflow_id: str, request: Request, response: Response, by: CurrentPrincipal) -> RunPublic:
    """Run one node of the draft, all up to it, or all from it on; 422 names the nodes whose data has to be given."""
    wanted = await body.read(request, StartTrial)
    async with db.database().transaction() as session:
        run = await trials.start(session, by, workflow_id, wanted)
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run


@router.get("/workflows/{workflow_id}/data")
async def data(
    workflow_id: str,
    session: ReadSession,
    by: CurrentPrincipal,
    run: Annotated[str | None, Query(description="Of this run alone.")] = None,
) -> LastData:
    """What each node got and gave last, over the newest runs."""
    return await last_data.of(session, by, workflow_id, run)
