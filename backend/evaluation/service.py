"""Evaluation sets: kept by editors, of cases that are written or taken from runs."""

from typing import Any

from backend.core import clock, ids, json, once
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound, Problem
from backend.evaluation import registry, repository, view
from backend.evaluation.models import EvaluationCase, EvaluationSet
from backend.evaluation.schemas import (
    MOST_CASES,
    CasePublic,
    CaseWish,
    SetDetail,
    SetPage,
    SetPublic,
    SetWish,
)
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs import starting
from backend.workflows import service as workflows

MOST_SETS = 100


class NameTaken(Conflict):
    """Another set of the workflow is called so."""

    code, title = "name_taken", "Name taken"


async def sets(session: Session, by: Principal, ref: str) -> SetPage:
    """The sets of a workflow."""
    by.require("run.read")
    workflow = await workflows.get(session, by, ref)
    rows = await repository.sets(session, by.team_id, workflow.id)
    return SetPage(items=[view.set_(row, count) for row, count in rows])


async def get(session: Session, by: Principal, set_id: str) -> SetDetail:
    """One set with its cases; their values only for who may read those of runs."""
    by.require("run.read")
    row = await found(session, by, set_id)
    return view.detail(by, row, await repository.cases(session, row.id))


async def create(session: Session, by: Principal, ref: str, wish: SetWish) -> SetDetail:
    """A new set of a workflow."""
    by.require("workflow.edit")
    workflow = await workflows.get(session, by, ref)
    _check(wish)
    if len(await repository.sets(session, by.team_id, workflow.id)) >= MOST_SETS:
        raise _wrong(
            f"A workflow can have {MOST_SETS} evaluation sets.", "name", "Remove one that nobody needs."
        )
    row = EvaluationSet(
        id=ids.new("evs"),
        team_id=by.team_id,
        workflow_id=workflow.id,
        created_by=by.account_id,
        created_at=clock.now(),
        **wish.model_dump(exclude={"cases"}),
    )
    if not await once.insert(session, row, unique=("workflow_id", "name")):
        raise _taken(wish.name)
    for place, case in enumerate(wish.cases or []):
        session.add(_case(by, row.id, place, case))
    await session.flush()
    await audit.record(session, by, "evaluation_set.created", row.id, {"name": row.name})
    return await get(session, by, row.id)


async def change(session: Session, by: Principal, set_id: str, wish: SetWish) -> SetDetail:
    """Another name, description or other checks; with `cases` these stand in place of all that there were."""
    by.require("workflow.edit")
    row = await found(session, by, set_id, hold=True)
    _check(wish)
    others = await repository.sets(session, by.team_id, row.workflow_id)
    if any(one.name == wish.name and one.id != row.id for one, _ in others):
        raise _taken(wish.name)
    row.sqlmodel_update(wish.model_dump(exclude={"cases"}))
    session.add(row)
    if wish.cases is not None:
        await repository.forget_cases(session, row.id)
        session.add_all([_case(by, row.id, place, case) for place, case in enumerate(wish.cases)])
    await session.flush()
    return await get(session, by, row.id)


async def remove(session: Session, by: Principal, set_id: str) -> None:
    """Remove a set with its cases and scores; the runs stay."""
    by.require("workflow.edit")
    row = await found(session, by, set_id, hold=True)
    if await repository.is_played(session, row.id):
        raise Conflict(f"“{row.name}” is being played.", fix="Stop its evaluation first.")
    await repository.forget_set(session, row.id)
    await audit.record(session, by, "evaluation_set.removed", set_id, {"name": row.name})


async def add_case(
    session: Session, by: Principal, set_id: str, wish: CaseWish, from_run_id: str | None = None
) -> CasePublic:
    """One more case at the end of a set."""
    by.require("workflow.edit")
    row = await found(session, by, set_id, hold=True)
    _check_case(wish, "")
    standing = await repository.cases(session, row.id)
    if len(standing) >= MOST_CASES:
        raise _wrong(f"A set can have {MOST_CASES} cases.", "name", "Remove one, or make another set.")
    case = _case(by, row.id, standing[-1].place + 1 if standing else 0, wish, from_run_id)
    session.add(case)
    await session.flush()
    return view.case_(by, case)


async def change_case(
    session: Session, by: Principal, set_id: str, case_id: str, wish: CaseWish
) -> CasePublic:
    """Other words for a case; what was scored before stays as it was."""
    by.require("workflow.edit")
    case = await _found_case(session, by, set_id, case_id)
    _check_case(wish, "")
    case.wish = _plain(wish)
    session.add(case)
    await session.flush()
    return view.case_(by, case)


async def remove_case(session: Session, by: Principal, set_id: str, case_id: str) -> None:
    """Take a case out of its set."""
    by.require("workflow.edit")
    await session.delete(await _found_case(session, by, set_id, case_id))
    await session.flush()


async def found(session: Session, by: Principal, set_id: str, *, hold: bool = False) -> EvaluationSet:
    """The set of the caller's team; raises NotFound."""
    row = await repository.set_(session, by.team_id, set_id, hold=hold)
    if row is None:
        raise NotFound("There is no such evaluation set.", fix="Look at the evaluation page of the workflow.")
    return row


async def named(session: Session, by: Principal, workflow_id: str, name: str) -> SetPublic | None:
    """The set of this name, or the first where no name is given; None where there is none."""
    rows = (await sets(session, by, workflow_id)).items
    return next((one for one in rows if not name or name in (one.name, one.id)), None)


async def _found_case(session: Session, by: Principal, set_id: str, case_id: str) -> EvaluationCase:
    row = await found(session, by, set_id, hold=True)
    case = await repository.case_(session, row.id, case_id)
    if case is None:
        raise NotFound("There is no such case in this set.")
    return case


def _case(
    by: Principal, set_id: str, place: int, wish: CaseWish, from_run_id: str | None = None
) -> EvaluationCase:
    return EvaluationCase(
        id=ids.new("evc"),
        team_id=by.team_id,
        set_id=set_id,
        place=place,
        wish=_plain(wish),
        from_run_id=from_run_id,
        created_by=by.account_id,
        created_at=clock.now(),
    )


def _plain(wish: CaseWish) -> dict[str, Any]:
    return wish.model_dump(mode="json", include=set(CaseWish.model_fields))


def _check(wish: SetWish) -> None:
    registry.require(wish.checks, "checks")
    json.require(wish.checks, "checks")
    for n, case in enumerate(wish.cases or []):
        _check_case(case, f"cases.{n}.")


def _check_case(wish: CaseWish, place: str) -> None:
    registry.require(wish.checks, f"{place}checks")
    plain = _plain(wish)
    json.require(plain, place or "case")
    starting.require_small(plain)


def _taken(name: str) -> NameTaken:
    return NameTaken(
        f"Another evaluation set of this workflow is called “{name}”.", fix="Choose another name."
    )


def _wrong(message: str, place: str, fix: str) -> Invalid:
    return Invalid(message, fix=fix, problems=[Problem(message, place, fix)])
