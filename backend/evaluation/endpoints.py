"""Evaluation over HTTP: metrics, sets, cases, and evaluations of versions."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.evaluation import evaluations, from_run, from_template, registry, service
from backend.evaluation.schemas import (
    CaseOfRun,
    CasePublic,
    CaseWish,
    EvaluationComparison,
    EvaluationDetail,
    EvaluationPage,
    MetricPage,
    MetricPublic,
    SetDetail,
    SetPage,
    SetWish,
    StartEvaluation,
)
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession

__all__ = ["from_template", "router"]  # a workflow from a template begins with its set
router = APIRouter(prefix="/api/v1", tags=["evaluation"])


@router.get("/metrics-of-evaluation")
async def metrics(by: CurrentPrincipal) -> MetricPage:
    """Every metric with the form of its settings."""
    by.require("workflow.read")
    return MetricPage(
        items=[
            MetricPublic(
                name=one.name,
                title=one.title,
                help=one.help,
                passes=one.passes,
                settings=one.check.model_json_schema(),
            )
            for one in registry.all_metrics().values()
        ]
    )


@router.get("/workflows/{ref}/evaluation-sets")
async def sets(ref: str, session: ReadSession, by: CurrentPrincipal) -> SetPage:
    """The sets of a workflow."""
    return await service.sets(session, by, ref)


@router.post("/workflows/{ref}/evaluation-sets", status_code=201)
async def create(ref: str, wish: SetWish, session: WriteSession, by: CurrentPrincipal) -> SetDetail:
    """Make a set, with its cases where they are given."""
    return await service.create(session, by, ref, wish)


@router.get("/evaluation-sets/{set_id}")
async def get(set_id: str, session: ReadSession, by: CurrentPrincipal) -> SetDetail:
    """One set with its cases."""
    return await service.get(session, by, set_id)


@router.put("/evaluation-sets/{set_id}")
async def change(set_id: str, wish: SetWish, session: WriteSession, by: CurrentPrincipal) -> SetDetail:
    """Change a set; cases that are given stand in place of all that there were."""
    return await service.change(session, by, set_id, wish)


@router.delete("/evaluation-sets/{set_id}", status_code=204)
async def remove(set_id: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Remove a set with its cases and scores."""
    await service.remove(session, by, set_id)


@router.post("/evaluation-sets/{set_id}/cases", status_code=201)
async def add_case(set_id: str, wish: CaseWish, session: WriteSession, by: CurrentPrincipal) -> CasePublic:
    """Add a case."""
    return await service.add_case(session, by, set_id, wish)


@router.put("/evaluation-sets/{set_id}/cases/{case_id}")
async def change_case(
    set_id: str, case_id: str, wish: CaseWish, session: WriteSession, by: CurrentPrincipal
) -> CasePublic:
    """Change a case."""
    return await service.change_case(session, by, set_id, case_id, wish)


@router.delete("/evaluation-sets/{set_id}/cases/{case_id}", status_code=204)
async def remove_case(set_id: str, case_id: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Remove a case."""
    await service.remove_case(session, by, set_id, case_id)


@router.post("/runs/{run_id}/evaluation-case", status_code=201)
async def add_run(run_id: str, wanted: CaseOfRun, session: WriteSession, by: CurrentPrincipal) -> CasePublic:
    """Make a case of a run, or of one of its steps."""
    return await from_run.add(session, by, run_id, wanted)


@router.post("/evaluation-sets/{set_id}/evaluations", status_code=202)
async def start(
    set_id: str, wanted: StartEvaluation, response: Response, session: WriteSession, by: CurrentPrincipal
) -> EvaluationDetail:
    """Play a version with every case; workers go on with it, whatever becomes of this process."""
    found = await evaluations.start(session, by, set_id, wanted.version)
    response.headers["Location"] = f"/api/v1/evaluations/{found.id}"
    return found


@router.get("/workflows/{ref}/evaluations")
async def list_(
    *,
    ref: str,
    session: ReadSession,
    by: CurrentPrincipal,
    set_id: Annotated[str | None, Query(alias="set", max_length=100, description="Only of this set.")] = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=evaluations.MAX_PAGE)] = 50,
) -> EvaluationPage:
    """Evaluations of a workflow with their scores, newest first."""
    return await evaluations.list_(session, by, ref, set_id=set_id, cursor=cursor, limit=limit)


@router.get("/evaluations/{evaluation_id}")
async def result(evaluation_id: str, session: ReadSession, by: CurrentPrincipal) -> EvaluationDetail:
    """One evaluation with what each case came to."""
    return await evaluations.get(session, by, evaluation_id)


@router.post("/evaluations/{evaluation_id}/cancel")
async def cancel(evaluation_id: str, session: WriteSession, by: CurrentPrincipal) -> EvaluationDetail:
    """Play no further case, and end the runs under way."""
    return await evaluations.cancel(session, by, evaluation_id)


@router.get("/evaluations/{evaluation_id}/compare/{before_id}")
async def compare(
    evaluation_id: str, before_id: str, session: ReadSession, by: CurrentPrincipal
) -> EvaluationComparison:
    """Which cases are better or worse than in an evaluation before."""
    return await evaluations.compare(session, by, before_id, evaluation_id)
