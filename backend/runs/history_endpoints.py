"""Whole histories over HTTP: download, import, and the state after any event."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from backend.core import db
from backend.core.settings import settings
from backend.engine.ports import StepId
from backend.identity import limiter
from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.nodes import turns
from backend.runs import body, bulk, exporting, importing, past, resolved
from backend.runs.past import StatePublic
from backend.runs.resolved import ResolvedPage
from backend.runs.schemas import RunPublic

router = APIRouter()
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}}, "description": "The run as one file."}
}
_LINES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/x-ndjson": {}}, "description": "A run a line."}
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


@router.get("/run-histories", responses=_LINES, response_class=StreamingResponse)
async def download_many(
    by: CurrentPrincipal,
    run_ids: Annotated[list[str] | None, Query(alias="id", max_length=bulk.MOST)] = None,
) -> StreamingResponse:
    """The same of many runs: each a line, in the order of the request; all of them must be there."""
    headers = {"Content-Disposition": 'attachment; filename="runs.jsonl"', "Cache-Control": "no-store"}
    text = await exporting.lines(by, list(dict.fromkeys(run_ids or [])))
    return StreamingResponse(text, media_type="application/x-ndjson", headers=headers)


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


@router.get("/runs/{run_id}/steps/{node_id}/resolved")
async def resolve(
    run_id: str,
    node_id: str,
    by: CurrentPrincipal,
    path: Annotated[str, Query(max_length=2000)] = "",
    visit: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> ResolvedPage:
    """What the expressions in a step's settings came to, evaluated again with what it could read."""
    await limiter.require("preview", by.account_id)
    async with db.database().reading() as session:
        found = await resolved.asked(session, by, run_id, StepId(node_id, path, visit))
    async with turns.of(by.account_id):
        return await resolved.told(found)


@router.get("/runs/{run_id}/state")
async def state(run_id: str, session: ReadSession, by: CurrentPrincipal, at: At = None) -> StatePublic:
    """What was known of the run and of every step after one of its events."""
    return await past.state(session, by, run_id, at)
