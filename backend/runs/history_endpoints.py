"""Whole histories over HTTP: download, import, and the state after any event."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from backend.core import db
from backend.core.settings import settings
from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.runs import body, exporting, importing, past
from backend.runs.past import StatePublic
from backend.runs.schemas import RunPublic

router = APIRouter()
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}}, "description": "The run as one file."}
}
_BODY: dict[str, Any] = {
    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}
}
At = Annotated[int | None, Query(ge=1, lt=2**31, description="The event's number; none means the last one.")]


@router.get("/runs/{run_id}/history", responses=_FILE, response_class=StreamingResponse)
async def download(run_id: str, by: CurrentPrincipal) -> StreamingResponse:
    """The run, its diagram, events, steps and big values as one JSON file."""
    headers = {"Content-Disposition": f'attachment; filename="{run_id}.json"', "Cache-Control": "no-store"}
    text = await exporting.file(by, run_id)
    return StreamingResponse(text, media_type="application/json", headers=headers)


@router.post("/runs/import", status_code=201, openapi_extra=_BODY)
async def import_(request: Request, response: Response, by: CurrentPrincipal) -> RunPublic:
    """Take in such a file as a run that has ended, to look at it; it is never played."""
    by.require("workflow.edit")
    limit = settings().max_import_bytes
    text = await body.limited(request, limit, "QUADRILLE_MAX_IMPORT_BYTES")
    async with db.database().transaction() as session:
        run = await importing.import_(session, by, text)
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run


@router.get("/runs/{run_id}/state")
async def state(run_id: str, session: ReadSession, by: CurrentPrincipal, at: At = None) -> StatePublic:
    """What was known of the run and of every step after one of its events."""
    return await past.state(session, by, run_id, at)
