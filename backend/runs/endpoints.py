"""Runs over HTTP: start, look, steer; the stream's addresses are in `stream_endpoints`."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.runs import (
    arrivals,
    body,
    comparing_endpoints,
    fork_endpoints,
    history_endpoints,
    hub,
    list_endpoints,
    retention_endpoints,
    service,
    signal_endpoints,
    stream_endpoints,
    system_endpoints,
    trial_endpoints,
)
from backend.runs.arrivals import Start
from backend.runs.repository import Filter
from backend.runs.schemas import Breakpoints, CancelRun, RunPage, RunPublic, StartRun, State, StepPage

router = APIRouter(prefix="/api/v1", tags=["runs"])
MAX_WAIT_SECONDS = 300
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
Wait = Annotated[
    float | None,
    Query(
        gt=0,
        le=MAX_WAIT_SECONDS,
        description="Answer with the result if it ends in time, else with how far it is.",
    ),
]


@router.post(
    "/workflows/{workflow_id}/runs",
    status_code=202,
    responses={200: {"model": RunPublic, "description": "It ended within `wait`."}},
    openapi_extra=body.documented(StartRun),
)
async def start(
    workflow_id: str,
    request: Request,
    response: Response,
    by: CurrentPrincipal,
    wait: Wait = None,
    key: Key = None,
) -> RunPublic:
    """Accepted means stored: the run will be played, also if everything stops right now (promise P1)."""
    wanted = await body.read(request, StartRun)
    trigger = "api" if by.via == "key" else "manual"
    start = Start(by, workflow_id, wanted.input, wanted.version, key, trigger, wanted.priority)
    run = await arrivals.start(start)
    if wait is not None:
        await hub.hub().endings.wait(run.id, wait)
        run = await arrivals.result(by, run)
        response.status_code = 200 if run.finished_at else 202
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return run


@router.get("/runs")
async def list_(  # noqa: PLR0913 - a parameter for each filter
    *,
    session: ReadSession,
    by: CurrentPrincipal,
    status: Annotated[list[State] | None, Query()] = None,
    workflow: Annotated[str | None, Query(description="Id or slug.")] = None,
    parent: Annotated[str | None, Query(description="Only the runs that steps of this run started.")] = None,
    text: Annotated[str, Query(max_length=200, description="In the id, workflow, trigger or error.")] = "",
    trigger: Annotated[list[str] | None, Query(description="What started it, such as `api`.")] = None,
    started_by: Annotated[str | None, Query(description="The account.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Created at this moment or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Created before this moment.")] = None,
    tag: Annotated[list[str] | None, Query(description="Has all of these tags.")] = None,
    longer: Annotated[float | None, Query(ge=0, description="Took so many seconds or more.")] = None,
    shorter: Annotated[float | None, Query(ge=0, description="Took less than so many seconds.")] = None,
    dearer: Annotated[float | None, Query(ge=0, description="Cost so many dollars or more.")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 50,
) -> RunPage:
    """Newest first, without inputs and outputs."""
    wanted = Filter(
        statuses=tuple(status or ()),
        workflow_id=workflow,
        parent_run_id=parent,
        text=text,
        triggers=tuple(trigger or ()),
        started_by=started_by,
        since=since,
        until=until,
        tags=tuple(tag or ()),
        longer=longer,
        shorter=shorter,
        dearer=dearer,
    )
    return await service.list_(session, by, wanted, cursor=cursor, limit=limit)


@router.get("/runs/{run_id}")
async def get(run_id: str, session: ReadSession, by: CurrentPrincipal) -> RunPublic:
    """One run with its input and output."""
    return await service.get(session, by, run_id)


@router.get("/runs/{run_id}/steps")
async def steps(run_id: str, session: ReadSession, by: CurrentPrincipal) -> StepPage:
    """Every visit of a node, with what it got and gave."""
    return StepPage(items=await service.steps(session, by, run_id))


@router.post("/runs/{run_id}/cancel", openapi_extra=body.documented(CancelRun))
async def cancel(run_id: str, request: Request, session: WriteSession, by: CurrentPrincipal) -> RunPublic:
    """End the run."""
    wanted = await body.read(request, CancelRun)
    if wanted.now:
        return await service.terminate(session, by, run_id, wanted.note)
    return await service.cancel(session, by, run_id, wanted.note)


@router.post("/runs/{run_id}/pause")
async def pause(run_id: str, session: WriteSession, by: CurrentPrincipal) -> RunPublic:
    """Begin no further step."""
    return await service.pause(session, by, run_id)


@router.post("/runs/{run_id}/resume")
async def resume(run_id: str, session: WriteSession, by: CurrentPrincipal) -> RunPublic:
    """Let a paused run go on."""
    return await service.resume(session, by, run_id)


@router.post("/runs/{run_id}/step")
async def step(run_id: str, session: WriteSession, by: CurrentPrincipal) -> RunPublic:
    """Let a paused run play one step and stop before the next."""
    return await service.step(session, by, run_id)


@router.put("/runs/{run_id}/breakpoints", openapi_extra=body.documented(Breakpoints, required=True))
async def set_breakpoints(
    run_id: str, request: Request, session: WriteSession, by: CurrentPrincipal
) -> RunPublic:
    """Stop before or after these nodes, until they are taken away; a worker's death changes nothing of it."""
    return await service.set_breakpoints(session, by, run_id, await body.read(request, Breakpoints))


# After the routes above: an address is looked for in this order, and a start is what is asked most often.
router.include_router(stream_endpoints.router)
router.include_router(comparing_endpoints.router)
router.include_router(fork_endpoints.router)
router.include_router(history_endpoints.router)
router.include_router(list_endpoints.router)
router.include_router(retention_endpoints.router)
router.include_router(signal_endpoints.router)
router.include_router(system_endpoints.router)
router.include_router(trial_endpoints.router)
