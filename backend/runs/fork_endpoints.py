"""Retry, fork and replay over HTTP. With `dry_run` nothing is changed and the answer is the plan."""

from functools import partial

from fastapi import APIRouter, Request, Response

from backend.core import db
from backend.identity.edge import CurrentPrincipal, ReadSession
from backend.runs import body, fork_tree, forking, repairing
from backend.runs.fork_schemas import ForkPlan, ForkRun, ReplayRun, RetryRun
from backend.runs.fork_tree import ForkTree
from backend.runs.repair_schemas import RepairPlan, RepairRun
from backend.runs.schemas import RunPublic

router = APIRouter()
_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"model": ForkPlan, "description": "The plan, for a dry run."},
    202: {"model": RunPublic, "description": "The new run."},
}
_REPAIRED: dict[int | str, dict[str, object]] = {
    200: {"model": RunPublic | RepairPlan, "description": "The run; for a dry run the plan."}
}
_acting = partial(router.post, status_code=202, response_model=None, responses=_ANSWERS)


@_acting("/runs/{run_id}/retry", openapi_extra=body.documented(RetryRun))
async def retry(
    run_id: str, request: Request, response: Response, by: CurrentPrincipal
) -> RunPublic | ForkPlan:
    """Go on, in a new run, from the steps that failed; finished steps stand."""
    wanted = await body.read(request, RetryRun)
    async with db.database().transaction() as session:
        return _answered(response, await forking.retry(session, by, run_id, wanted))


@_acting("/runs/{run_id}/fork", openapi_extra=body.documented(ForkRun))
async def fork(
    run_id: str, request: Request, response: Response, by: CurrentPrincipal
) -> RunPublic | ForkPlan:
    """Play a part of a run again, in a new run: from a step, with other outputs, or with another version."""
    wanted = await body.read(request, ForkRun)
    async with db.database().transaction() as session:
        return _answered(response, await forking.fork(session, by, run_id, wanted))


@_acting("/runs/{run_id}/replay", openapi_extra=body.documented(ReplayRun))
async def replay(
    run_id: str, request: Request, response: Response, by: CurrentPrincipal
) -> RunPublic | ForkPlan:
    """Play a run again, in a new run, with what models, tools and addresses answered then; nothing goes out."""
    wanted = await body.read(request, ReplayRun)
    async with db.database().transaction() as session:
        return _answered(response, await forking.replay(session, by, run_id, wanted))


@router.post("/runs/{run_id}/repair", response_model=None, responses=_REPAIRED,
             openapi_extra=body.documented(RepairRun))  # fmt: skip
async def repair(run_id: str, request: Request, by: CurrentPrincipal) -> RunPublic | RepairPlan:
    """Change a paused run where it stands: outputs, steps to skip or to play again, the version. All of it at once."""
    wanted = await body.read(request, RepairRun)
    async with db.database().transaction() as session:
        return await repairing.repair(session, by, run_id, wanted)


@router.get("/runs/{run_id}/forks")
async def forks(run_id: str, session: ReadSession, by: CurrentPrincipal) -> ForkTree:
    """The family of the run: what it was forked from, and all that was forked from that."""
    return await fork_tree.tree(session, by, run_id)


def _answered(response: Response, found: RunPublic | ForkPlan) -> RunPublic | ForkPlan:
    if isinstance(found, RunPublic):
        response.headers["Location"] = f"/api/v1/runs/{found.id}"
    else:
        response.status_code = 200
    return found
