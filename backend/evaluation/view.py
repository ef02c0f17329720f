"""Rows as the shapes that REST answers; values only for who may read those of runs."""

from collections.abc import Sequence
from typing import Any

from backend.evaluation.models import EvaluationCase, EvaluationResult, EvaluationSet
from backend.evaluation.repository import Listed
from backend.evaluation.schemas import (
    CasePublic,
    CaseWish,
    CheckScore,
    EvaluationDetail,
    EvaluationPublic,
    ResultPublic,
    SetDetail,
    SetPublic,
)
from backend.identity.principal import Principal
from backend.runs import redaction


def set_(row: EvaluationSet, count: int) -> SetPublic:
    """A set as lists show it."""
    return SetPublic(**row.model_dump(exclude={"team_id", "created_by"}), case_count=count)


def detail(by: Principal, row: EvaluationSet, cases: Sequence[EvaluationCase]) -> SetDetail:
    """A set with its cases."""
    return SetDetail(**set_(row, len(cases)).model_dump(), cases=[case_(by, one) for one in cases])


def case_(by: Principal, row: EvaluationCase) -> CasePublic:
    """A case as the caller may see it."""
    shown = CasePublic(**row.wish, id=row.id, from_run_id=row.from_run_id)
    if not redaction.hides(by):
        return shown
    hidden: dict[str, Any] = {"input": None, "expected": None, "checks": [], "answers": [], "redacted": True}
    return shown.model_copy(update=hidden)


def evaluation(row: Listed) -> EvaluationPublic:
    """An evaluation as lists show it."""
    one, set_name, number, name, done = row
    fields = one.model_dump(exclude={"team_id", "roles"})
    return EvaluationPublic(**fields, set_name=set_name, version_number=number, version_name=name, done=done)


def whole(by: Principal, row: Listed, results: Sequence[EvaluationResult]) -> EvaluationDetail:
    """An evaluation with every case."""
    return EvaluationDetail(**evaluation(row).model_dump(), results=[result(by, one) for one in results])


def result(by: Principal, row: EvaluationResult) -> ResultPublic:
    """What a case came to, as the caller may see it."""
    wish, hides = CaseWish.model_validate(row.wish), redaction.hides(by)
    scores = [CheckScore.model_validate(one) for one in row.scores]
    if hides:
        scores = [one.model_copy(update={"reason": ""}) for one in scores]
    fields = row.model_dump(include=ResultPublic.model_fields.keys() - {"scores", "reason"})
    return ResultPublic(
        **fields,
        name=wish.name,
        ends=wish.ends,
        run_id=row.played_run_id,
        scores=scores,
        reason="" if hides else row.reason,
        redacted=hides,
    )
