"""Makes a case of a run: its input, how it ended, what it or one of its steps gave, and how people answered it."""

from pydantic import JsonValue

from backend.approvals.models import Decision
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound, Problem
from backend.evaluation import repository, service
from backend.evaluation.schemas import (
    MOST_ANSWERS,
    MOST_COMMENT,
    AnswerWish,
    CaseOfRun,
    CasePublic,
    CaseWish,
    Ending,
    SetWish,
)
from backend.identity.principal import Principal
from backend.runs import service as runs
from backend.runs.schemas import RunPublic

FIRST_SET = "From runs"
_ENDS: dict[str, Ending] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "waiting_person": "waiting",
    "waiting_event": "waiting",
}


async def add(session: Session, by: Principal, run_id: str, wanted: CaseOfRun) -> CasePublic:
    """Add the run to a set; a workflow that has none gets its first."""
    by.require("workflow.edit")
    by.require("run.payload")
    run = await runs.get(session, by, run_id)
    wish = await _wish(session, by, run, wanted)
    set_id = wanted.set_id or await _first(session, by, run.workflow_id)
    chosen = await service.found(session, by, set_id)
    if chosen.workflow_id != run.workflow_id:
        raise _wrong("This set belongs to another workflow.", "set_id", "Choose a set of the run's workflow.")
    return await service.add_case(session, by, set_id, wish, run.id)


async def _wish(session: Session, by: Principal, run: RunPublic, wanted: CaseOfRun) -> CaseWish:
    ends = _ENDS.get(run.status)
    if ends is None:
        told = f"The run is {run.status.replace('_', ' ')}."
        raise Conflict(told, fix="Add a run that has succeeded or failed, or that waits for somebody.")
    wish = CaseWish(name=wanted.name or f"Run …{run.id[-8:]}", input=run.input, ends=ends)
    answers = [_answer(one) for one in await repository.decisions(session, run.id)]
    if len(answers) > MOST_ANSWERS:
        told = f"People answered this run {len(answers)} times; a case can answer {MOST_ANSWERS} questions."
        raise _wrong(told, "answers", "Choose a run that asks less.")
    wish.answers = answers
    if wanted.node_id:
        given = await _given(session, by, run.id, wanted.node_id)
        place = wanted.node_id if wanted.node_id.isidentifier() else None
        of = f"nodes.{place}" if place else f"nodes[{wanted.node_id!r}]"
        wish.checks = [{"metric": "fields", "of": of, "expected": given}]
    elif ends == "succeeded":
        wish.expected = run.output
    return wish


def _answer(made: Decision) -> AnswerWish:
    """Comments of people may be longer than those of cases."""
    verdict = "approved" if made.verdict == "approved" else "rejected"
    return AnswerWish(verdict=verdict, values=made.values, comment=made.comment[:MOST_COMMENT])


async def _given(session: Session, by: Principal, run_id: str, node_id: str) -> JsonValue:
    steps = [one for one in await runs.steps(session, by, run_id) if one.node_id == node_id]
    given = [one.output for one in steps if one.status == "succeeded"]
    if not steps:
        raise NotFound(f"The run has no step “{node_id}”.")
    if not given or given[-1] is None:
        raise _wrong("This step gave nothing that could be expected.", "node_id", "Choose another step.")
    return given[-1]


async def _first(session: Session, by: Principal, workflow_id: str) -> str:
    known = await service.named(session, by, workflow_id, "")
    if known is not None:
        return known.id
    return (await service.create(session, by, workflow_id, SetWish(name=FIRST_SET))).id


def _wrong(message: str, place: str, fix: str) -> Invalid:
    return Invalid(message, fix=fix, problems=[Problem(message, place, fix)])
