"""Sets, evaluations and cases as rows of the evaluation page."""

from dataclasses import dataclass

from backend.evaluation.schemas import CaseChange, CasePublic, EvaluationPublic, ResultPublic
from frontend import routes
from frontend.state.iso import iso

ENDS = {
    "succeeded": "Succeeds",
    "failed": "Fails",
    "waiting": "Waits for an approval or event",
    "refused": "Refuses the input",
}
ENDED = {
    "succeeded": "succeeded",
    "failed": "failed",
    "waiting": "waiting",
    "refused": "input refused",
    "cancelled": "cancelled",
    "too long": "took too long",
}


@dataclass
class Choice:
    """An entry of a list to choose from."""

    value: str
    label: str


@dataclass
class EvaluationRow:
    """An evaluation in the list."""

    id: str
    version: str
    status: str
    told: str
    score: str
    percent: int
    at: str
    chosen: bool
    before: bool


@dataclass
class ResultRow:
    """What a case came to, beside what it came to before."""

    case: str
    href: str
    state: str
    score: str
    passed: str  # yes, no, or nothing yet
    why: str
    took: str
    change: str
    before: str


@dataclass
class CaseRow:
    """A case of the set."""

    id: str
    name: str
    ends: str
    input: str
    checks: str
    from_run: str


def called(one: EvaluationPublic) -> str:
    """The version as people say it."""
    return f"Version {one.version_number}" if one.version_number else one.version_name or "Draft"


def number(score: float | None) -> str:
    """A score as people read it."""
    return "" if score is None else f"{score:.2f}"


def evaluation_row(one: EvaluationPublic, chosen: str, before: str) -> EvaluationRow:
    """With how far it is while it goes on."""
    share = one.done / one.cases if one.status == "running" else one.score or 0
    told = (
        f"{one.done} of {one.cases} played"
        if one.status == "running"
        else f"{one.passed} of {one.cases} pass"
    )
    return EvaluationRow(
        id=one.id,
        version=called(one),
        status=one.status,
        told="stopped" if one.status == "cancelled" else told,
        score=number(one.score),
        percent=round(100 * share),
        at=iso(one.created_at),
        chosen=one.id == chosen,
        before=one.id == before,
    )


def result_row(one: ResultPublic, change: CaseChange | None) -> ResultRow:
    """With why it did not pass."""
    failed = [f"{check.title}: {check.reason}".rstrip(": ") for check in one.scores if not check.passed]
    passed = "" if one.status != "done" else "yes" if one.passed else "no"
    took = "" if one.seconds is None else f"{one.seconds:.1f} s"
    cost = f"${one.cost:.4f}" if one.cost else ""
    return ResultRow(
        case=one.name,
        href=routes.run(one.run_id) if one.run_id else "",
        state=ENDED[one.ended] if one.ended else "playing" if one.status == "playing" else "not begun",
        score=number(one.score),
        passed=passed,
        why="" if one.passed else " ".join([one.reason, *failed]).strip(),
        took=" · ".join(filter(None, (took, cost))),
        change=change.how if change else "",
        before=number(change.before) if change else "",
    )


def case_row(one: CasePublic, text: str) -> CaseRow:
    """With its input on one line."""
    count = len(one.checks)
    own = "" if not count else "1 check of its own" if count == 1 else f"{count} checks of its own"
    parts = ["compared with what is expected" if one.expected is not None else "", own]
    return CaseRow(
        id=one.id,
        name=one.name,
        ends=ENDS[one.ends],
        input="hidden from your role" if one.redacted else text,
        checks=" · ".join(filter(None, parts)),
        from_run=routes.run(one.from_run_id) if one.from_run_id else "",
    )
