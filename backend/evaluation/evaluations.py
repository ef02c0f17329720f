"""Evaluations: a version played with every case of a set. What is stored drives it; see `playing` for how it goes on."""

from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.evaluation import repository, service, view
from backend.evaluation.models import Evaluation, EvaluationCase, EvaluationResult, EvaluationSet
from backend.evaluation.repository import Listed
from backend.evaluation.schemas import (
    CaseChange,
    EvaluationComparison,
    EvaluationDetail,
    EvaluationPage,
    ResultPublic,
)
from backend.identity.principal import Principal
from backend.runs import service as runs
from backend.runs.schemas import TERMINAL
from backend.workflows import service as workflows
from backend.workflows import versions

MAX_PAGE = 200
STOPPED = "The evaluation was stopped."


async def start(session: Session, by: Principal, set_id: str, version: str | None = None) -> EvaluationDetail:
    """Begin to play a version with every case of the set as it is now."""
    by.require("run.start")
    chosen = await service.found(session, by, set_id, hold=True)  # nobody removes it meanwhile
    cases = await repository.cases(session, chosen.id)
    if not cases:
        told, fix = f"“{chosen.name}” has no case yet.", "Add a case, or a run, to it first."
        raise Invalid(told, fix=fix, problems=[Problem(told, "set", fix)])
    pinned = await versions.pin(session, by, chosen.workflow_id, version)
    row = Evaluation(
        id=ids.new("evl"),
        team_id=by.team_id,
        set_id=chosen.id,
        workflow_id=chosen.workflow_id,
        version_id=pinned.id,
        cases=len(cases),
        started_by=by.account_id,
        roles=list(by.roles),
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    session.add_all([_result(row, n, chosen, case) for n, case in enumerate(cases)])
    await session.flush()
    return await get(session, by, row.id)


async def get(session: Session, by: Principal, evaluation_id: str) -> EvaluationDetail:
    """One evaluation with what each case came to."""
    by.require("run.read")
    row = await _found(session, by, evaluation_id)
    return view.whole(by, row, await repository.results(session, evaluation_id))


async def list_(
    session: Session,
    by: Principal,
    ref: str,
    *,
    set_id: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> EvaluationPage:
    """Evaluations of a workflow, newest first."""
    by.require("run.read")
    workflow = await workflows.get(session, by, ref)
    limit = min(max(limit, 1), MAX_PAGE)
    rows = await repository.evaluations(session, workflow.id, set_id, cursor, limit + 1)
    shown = [view.evaluation(row) for row in rows[:limit]]
    return EvaluationPage(items=shown, next_cursor=shown[-1].id if len(rows) > limit else None)


async def cancel(session: Session, by: Principal, evaluation_id: str) -> EvaluationDetail:
    """Play no further case, and end the runs that are under way; once."""
    by.require("run.steer")
    await _found(session, by, evaluation_id)
    row = await repository.held(session, evaluation_id)
    if row is not None and row.status == "running":
        row.status, row.finished_at = "cancelled", clock.now()
        session.add(row)
        for result in await repository.results(session, evaluation_id):
            await _stop(session, by, result)
    await session.flush()
    return await get(session, by, evaluation_id)


async def compare(session: Session, by: Principal, before_id: str, after_id: str) -> EvaluationComparison:
    """Which cases became better or worse from one evaluation to another."""
    by.require("run.read")
    before, after = [await get(session, by, one) for one in (before_id, after_id)]
    old = {one.case_id: one for one in before.results}
    new = {one.case_id: one for one in after.results}
    changes = [_change(old.get(one), new.get(one)) for one in dict.fromkeys([*new, *old])]
    return EvaluationComparison(before=before, after=after, items=changes)


def _change(before: ResultPublic | None, after: ResultPublic | None) -> CaseChange:
    some = after or before
    if some is None:
        raise AssertionError("a case is in one of the two")
    old, new = before.score if before else None, after.score if after else None
    how = "same"
    if before is None or after is None:
        how = "added" if after else "removed"
    elif (old or 0) != (new or 0):
        how = "better" if (new or 0) > (old or 0) else "worse"
    return CaseChange(
        case_id=some.case_id,
        name=some.name,
        how=how,
        before=old,
        after=new,
        before_run_id=before.run_id if before else None,
        after_run_id=after.run_id if after else None,
    )


async def _stop(session: Session, by: Principal, result: EvaluationResult) -> None:
    if result.status == "done":
        return
    result.status, result.ended, result.reason = "done", "cancelled", STOPPED
    session.add(result)
    await session.flush()
    found = await repository.result(session, result.evaluation_id, result.place)
    run = found[1] if found else None  # None, too, where it was removed
    if run is not None and run.status not in TERMINAL:
        await runs.cancel(session, by, run.id, STOPPED)


async def _found(session: Session, by: Principal, evaluation_id: str) -> Listed:
    row = await repository.evaluation(session, by.team_id, evaluation_id)
    if row is None:
        raise NotFound("There is no such evaluation.")
    return row


def _result(row: Evaluation, place: int, chosen: EvaluationSet, case: EvaluationCase) -> EvaluationResult:
    return EvaluationResult(
        evaluation_id=row.id,
        place=place,
        team_id=row.team_id,
        case_id=case.id,
        wish=case.wish,
        checks=[*chosen.checks, *case.wish["checks"]],
        look_at=row.created_at,
    )
