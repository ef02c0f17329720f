"""Where a run leaves its plan: each kind is one small rule that looks at a task, or at the whole."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Literal

from pydantic import BaseModel

from backend.planning.plan import PEOPLE, Assignment, Task
from backend.planning.watching import robust
from backend.planning.watching.facts import FIGURES, Course, Did, Figure
from backend.planning.watching.forecast import Forecast

Kind = Literal[
    "late_start", "late_end", "dear", "tokens", "failed", "retried", "away", "deadline", "budget",
    "odd_seconds", "odd_cost", "odd_tokens",
]  # fmt: skip
Severity = Literal["low", "medium", "high"]
LATE_PART, LATE_SECONDS = 0.1, 5.0
"""So much of the whole plan, and at least so many seconds, may anything be late."""
OVER = 1.5
"""So many times its estimate may a task cost."""
LEAST_DOLLARS, LEAST_TOKENS = 0.001, 500


class Deviation(BaseModel):
    """One difference between the run and its plan, with both figures where there are such."""

    kind: Kind
    task: str = ""
    severity: Severity
    message: str
    measured: float | None = None
    expected: float | None = None


def deviations(course: Course, seen: Forecast) -> list[Deviation]:
    """All that can be told at this moment."""
    planned = {one.task: one for one in course.plan.assignments}
    found = list(_whole(course, seen))
    for task in course.plan.work():
        if one := planned.get(task.id):
            for rule in _RULES:
                found += rule(course, task, one)
    return found


def _whole(course: Course, seen: Forecast) -> Iterator[Deviation]:
    limits = course.plan.goal.constraints
    if seen.late and limits.deadline_seconds:
        verb = "took" if course.over else "will take"
        said = f"The run {verb} {time(seen.end)}; the deadline is {time(limits.deadline_seconds)}."
        yield _told("deadline", "high", said, seen.end, limits.deadline_seconds)
    if seen.over and limits.max_cost:
        verb = "cost" if course.over else "will cost"
        said = f"The run {verb} ${seen.cost:.4f}; the budget is ${limits.max_cost:.4f}."
        yield _told("budget", "high", said, seen.cost, limits.max_cost)


def _start(course: Course, task: Task, one: Assignment) -> Iterator[Deviation]:
    did = course.did.get(task.id)
    began = did.began if did else course.now
    if (course.over and did is None) or began <= one.start + _may_be_late(course):
        return
    said = f"“{task.title}” {'began' if did else 'has not begun'} after {time(began)}; {time(one.start)} was planned."
    yield _told("late_start", _grave(one), said, began, one.start, task)


def _end(course: Course, task: Task, one: Assignment) -> Iterator[Deviation]:
    did = course.did.get(task.id)
    if did is None:
        return
    took = (course.now if did.ended is None else did.ended) - did.began
    if took <= task.seconds + max(task.seconds * (OVER - 1), _may_be_late(course)):
        return
    verb = "has taken" if did.ended is None else "took"
    said = f"“{task.title}” {verb} {time(took)}; {time(task.seconds)} was planned."
    yield _told("late_end", _grave(one), said, took, task.seconds, task)


def _costs(course: Course, task: Task, one: Assignment) -> Iterator[Deviation]:
    did = course.did.get(task.id)
    if did and did.cost > max(one.cost * OVER, LEAST_DOLLARS):
        said = f"“{task.title}” has cost ${did.cost:.4f}; ${one.cost:.4f} was planned."
        yield _told("dear", "medium", said, did.cost, one.cost, task)
    if did and did.tokens > max(one.tokens * OVER, LEAST_TOKENS):
        said = f"“{task.title}” has taken {did.tokens:,} tokens; {one.tokens:,} were planned."
        yield _told("tokens", "low", said, did.tokens, one.tokens, task)


def _went(course: Course, task: Task, one: Assignment) -> Iterator[Deviation]:
    did = course.did.get(task.id)
    if did and did.status == "failed":
        yield _told("failed", "high", f"“{task.title}” failed.", task=task)
    if did and did.retries:
        said = f"“{task.title}” was tried again {did.retries} time{'s' * (did.retries != 1)}."
        yield _told("retried", "low", said, did.retries, 0, task)
    if did is None and not course.over and one.member != PEOPLE and (why := course.away.get(one.member)):
        name = next((member.name for member in course.plan.members if member.id == one.member), one.member)
        yield _told("away", "high", f"{name}, who should do “{task.title}”, {why}.", task=task)


_ODD: dict[Figure, tuple[Kind, Callable[[float], str]]] = {
    "seconds": ("odd_seconds", lambda value: time(value)),
    "cost": ("odd_cost", lambda value: f"${value:.4f}"),
    "tokens": ("odd_tokens", lambda value: f"{value:,.0f} tokens"),
}


def _odd(course: Course, task: Task, one: Assignment) -> Iterator[Deviation]:
    did = course.did.get(task.id)
    for figure in FIGURES if did and one.member != PEOPLE else ():
        value, past = _figure(did, figure), course.past.get((task.id, figure), ())
        if value is None or not robust.is_much(value, past):
            continue
        kind, shown = _ODD[figure]
        usual = median(past)
        said = f"“{task.title}” took {shown(value)}; in {len(past)} runs before it was {shown(usual)} in the middle."
        yield _told(kind, "medium", said, value, usual, task)


def _figure(did: Did | None, figure: Figure) -> float | None:
    return did.figure(figure) if did else None


_RULES: tuple[Callable[[Course, Task, Assignment], Iterator[Deviation]], ...] = (
    _start,
    _end,
    _costs,
    _went,
    _odd,
)


def _may_be_late(course: Course) -> float:
    return max(LATE_PART * course.plan.makespan, LATE_SECONDS)


def _grave(one: Assignment) -> Severity:
    """What is on the critical path delays the end."""
    return "high" if one.critical else "low"


def _told(
    kind: Kind,
    severity: Severity,
    message: str,
    measured: float | None = None,
    expected: float | None = None,
    task: Task | None = None,
) -> Deviation:
    return Deviation(
        kind=kind,
        task=task.id if task else "",
        severity=severity,
        message=message,
        measured=measured,
        expected=expected,
    )


def time(seconds: float) -> str:
    """As people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
