"""The shapes of evaluation on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core.plain_text import PlainText
from backend.runs.schemas import REDACTED

MOST_CASES = 500
MOST_CHECKS = 50
MOST_ANSWERS, MOST_COMMENT = 50, 2_000
Ending = Literal["succeeded", "failed", "waiting", "refused"]
"""`waiting`: for a person's answer or an event that nothing gives; `refused`: the input, so that no run began."""
Ended = Literal["succeeded", "failed", "waiting", "refused", "cancelled", "too long"]
EvaluationStatus = Literal["running", "done", "cancelled"]
Name = Annotated[PlainText, Field(min_length=1, max_length=200)]
Checks = Annotated[
    list[dict[str, Any]],
    Field(max_length=MOST_CHECKS, description="Each names a `metric`, beside its settings: see `GET /metrics-of-evaluation`."),
]  # fmt: skip


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerWish(_In):
    """How an approval of the case's run is answered, in the name of whoever began the evaluation, where they may."""

    verdict: Literal["approved", "rejected"] = "approved"
    values: JsonValue = None
    comment: PlainText = Field(default="", max_length=MOST_COMMENT)


class CaseWish(_In):
    """An input, how the run has to end, and what is looked at then."""

    name: Name
    input: JsonValue = None
    expected: JsonValue = Field(
        default=None, description="The output to compare with; none where checks say all."
    )
    ends: Ending = Field(default="succeeded", description="Any other end scores 0.")
    checks: Checks = []
    answers: list[AnswerWish] = Field(
        default=[],
        max_length=MOST_ANSWERS,
        description="To the questions that the run asks people, in their order.",
    )
    within: float = Field(
        default=300, gt=0, le=86_400, description="Seconds after which the run is cancelled."
    )


class CasePublic(CaseWish):
    """A case of a set."""

    id: str
    from_run_id: str | None = None
    redacted: bool = Field(default=False, description=REDACTED)


class CaseOfRun(_In):
    """A run to become a case: its input, with its output as what is expected, or with that of one of its steps."""

    set_id: PlainText | None = Field(
        default=None, max_length=100, description="None: the first set of the workflow, or a new one."
    )
    name: Name | None = None
    node_id: PlainText | None = Field(
        default=None, max_length=100, description="Expect what this step gave, not the whole run's output."
    )


class SetWish(_In):
    """A set; with `cases` they are all made, or replaced, at once."""

    name: Name
    description: PlainText = Field(default="", max_length=2_000)
    checks: Checks = Field(
        default=[{"metric": "fields"}], description="Made of every case to which they apply."
    )
    cases: list[CaseWish] | None = Field(default=None, max_length=MOST_CASES)


class SetPublic(BaseModel):
    """A set as lists show it."""

    id: str
    workflow_id: str
    name: str
    description: str
    checks: list[dict[str, Any]]
    case_count: int
    created_at: datetime


class SetDetail(SetPublic):
    """A set with its cases."""

    cases: list[CasePublic]


class SetPage(BaseModel):
    """The sets of a workflow, the oldest first."""

    items: list[SetPublic]
    next_cursor: str | None = None


class StartEvaluation(_In):
    """What is played."""

    version: PlainText | None = Field(
        default=None,
        max_length=100,
        description="`published`, `draft`, or a version's id or number; none means published, else draft.",
    )


class CheckScore(BaseModel):
    """What one check came to."""

    metric: str
    title: str
    score: float
    passed: bool
    reason: str = ""


class ResultPublic(BaseModel):
    """What one case came to; without values for callers who may not read those."""

    place: int
    case_id: str
    name: str
    ends: Ending
    status: Literal["open", "playing", "done"]
    run_id: str | None
    ended: Ended | None
    score: float | None
    passed: bool | None
    scores: list[CheckScore]
    reason: str
    seconds: float | None
    tokens: int
    cost: float | None
    redacted: bool = Field(default=False, description=REDACTED)


class EvaluationPublic(BaseModel):
    """An evaluation as lists show it; its score is the mean of its cases' scores."""

    id: str
    set_id: str
    set_name: str
    workflow_id: str
    version_id: str
    version_number: int | None
    version_name: str
    status: EvaluationStatus
    cases: int
    done: int
    passed: int
    score: float | None
    started_by: str
    created_at: datetime
    finished_at: datetime | None


class EvaluationDetail(EvaluationPublic):
    """An evaluation with every case."""

    results: list[ResultPublic]


class EvaluationPage(BaseModel):
    """A page of evaluations, newest first."""

    items: list[EvaluationPublic]
    next_cursor: str | None = None


class CaseChange(BaseModel):
    """One case in two evaluations; a side that lacks it has null."""

    case_id: str
    name: str
    how: Literal["better", "worse", "same", "added", "removed"]
    before: float | None
    after: float | None
    before_run_id: str | None
    after_run_id: str | None


class EvaluationComparison(BaseModel):
    """Which cases became better or worse."""

    before: EvaluationPublic
    after: EvaluationPublic
    items: list[CaseChange]


class MetricPublic(BaseModel):
    """A metric with the JSON Schema of its settings."""

    name: str
    title: str
    help: str
    passes: float = Field(description="From this score on a check passes, unless it says another.")
    settings: dict[str, Any]


class MetricPage(BaseModel):
    """Every metric."""

    items: list[MetricPublic]
