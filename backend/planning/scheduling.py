"""Who does what and when: the tasks in the solver's words, and its answer as a timeline with slack, loads and reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from backend.planning import staffing
from backend.planning.allocation import (
    Allocation,
    Candidate,
    CannotAllocate,
    Limits,
    Weights,
    WorkItem,
)
from backend.planning.allocation.apart import allocate_apart
from backend.planning.plan import PEOPLE, Assignment, Constraints, Load, Member, PlanProblem, Preference, Task

_WEIGHTS: Mapping[Preference, Weights] = {
    "balanced": Weights(),
    "quick": Weights(cost=0.25, time=4.0),
    "cheap": Weights(cost=6.0, time=0.1),
    "good": Weights(cost=0.25, proficiency=6.0),
}
_SAME = 1e-6


@dataclass(frozen=True)
class Schedule:
    """The timeline, or why there is none."""

    assignments: tuple[Assignment, ...] = ()
    makespan: float = 0
    cost: float = 0
    gap: float | None = None
    critical: tuple[str, ...] = ()
    loads: tuple[Load, ...] = ()
    problems: tuple[PlanProblem, ...] = ()


async def schedule(tasks: Sequence[Task], members: Sequence[Member], constraints: Constraints) -> Schedule:
    """The best allocation within the limits, thought out by a process of its own."""
    work = [task for task in tasks if task.kind != "group"]
    try:
        found = await allocate_apart(_items(work), _candidates(work, members), _limits(work, constraints))
    except CannotAllocate as wrong:
        problem = PlanProblem(
            code=wrong.limit.replace(" ", "_"),
            message=_named(wrong.message, work),
            fix=_named(wrong.fix, work),
            task=wrong.task,
            capability=wrong.capability,
        )
        return Schedule(problems=(problem,))
    return _timeline(work, members, found)


def people(tasks: Sequence[Task]) -> Member | None:
    """Those who are asked, as somebody who can be given approvals."""
    asked = [task for task in tasks if task.kind == "approval"]
    if not asked:
        return None
    work = [task.seconds for task in tasks if task.kind == "work"]
    usual = sum(work) / len(work) if work else 60.0
    # So many at once that waiting for people is no load that agents would have to be spared for.
    at_once = max(1, ceil(sum(task.seconds for task in asked) / max(usual, 1)))
    return Member(id=PEOPLE, name="People", role="decide", at_once=at_once)


def _items(tasks: Sequence[Task]) -> list[WorkItem]:
    return [
        WorkItem(
            id=task.id,
            seconds=task.seconds,
            capabilities=dict(task.capabilities),
            needs=task.needs,
            only=(PEOPLE,) if task.kind == "approval" else None,
        )
        for task in tasks
    ]


def _candidates(tasks: Sequence[Task], members: Sequence[Member]) -> list[Candidate]:
    """With what each can in the words of the tasks."""
    words = {word for task in tasks for word in task.capabilities}
    return [
        Candidate(
            id=one.id,
            name=one.name,
            capabilities={word: staffing.level(one.capabilities, word) for word in words},
            load_seconds=one.load_seconds,
            cost_per_hour=Decimal(str(round(one.cost_per_hour, 6))),
            at_once=one.at_once,
        )
        for one in members
    ]


def _limits(tasks: Sequence[Task], constraints: Constraints) -> Limits:
    weights = _WEIGHTS[constraints.prefer]
    whole = sum(task.seconds for task in tasks)
    work = sum(task.seconds for task in tasks if task.kind == "work")
    # Lack of skill is weighed by time; the time of people must not make that of agents count less.
    more = whole / work if work else 1.0
    return Limits(
        deadline_seconds=constraints.deadline_seconds,
        budget=None if constraints.max_cost is None else Decimal(str(constraints.max_cost)),
        weights=Weights(weights.cost, weights.proficiency * more, weights.load, weights.time),
    )


def _timeline(tasks: Sequence[Task], members: Sequence[Member], found: Allocation) -> Schedule:
    known = {task.id: task for task in tasks}
    why = {reason.task: _named(reason.text, tasks) for reason in found.reasons}
    chosen = sorted(found.assignments, key=lambda one: (one.start, one.end, one.task))
    given = [
        Assignment(
            task=one.task,
            member=one.candidate,
            start=one.start,
            end=one.end,
            cost=float(one.cost),
            tokens=known[one.task].tokens,
            reason=_asked(known[one.task]) if known[one.task].kind == "approval" else why.get(one.task, ""),
        )
        for one in chosen
    ]
    begun = _soonest(given, known, members)
    timed, critical = marked(begun, tasks, members, found.makespan)
    return Schedule(
        assignments=timed,
        makespan=found.makespan,
        cost=float(found.cost),
        gap=found.gap,
        critical=critical,
        loads=_loads(timed, members, found.makespan),
    )


def marked(
    begun: Sequence[Assignment], tasks: Sequence[Task], members: Sequence[Member], makespan: float
) -> tuple[tuple[Assignment, ...], tuple[str, ...]]:
    """The timeline with how late each may be, and the tasks that may not be late at all, in order."""
    spread = {one.id: one.at_once for one in members}
    slack = _slack(begun, {task.id: task for task in tasks}, spread, makespan)
    found = tuple(
        one.model_copy(update={"slack": slack[one.task], "critical": slack[one.task] <= makespan * _SAME})
        for one in begun
    )
    return found, tuple(one.task for one in found if one.critical)


def _soonest(
    done: Sequence[Assignment], tasks: Mapping[str, Task], members: Sequence[Member]
) -> list[Assignment]:
    """The same order without waits that nothing asks for: a solver may begin late what is not urgent."""
    spread = {one.id: one.at_once for one in members}
    free = {one.id: one.load_seconds / one.at_once for one in members}
    before: dict[str, str] = {second: first for first, second in _lanes(done, spread)}
    ends: dict[str, float] = {}
    found: list[Assignment] = []
    for one in done:
        waits = [*tasks[one.task].needs, *([before[one.task]] if one.task in before else [])]
        start = round(min(one.start, max([free.get(one.member, 0.0), *(ends[name] for name in waits)])), 3)
        ends[one.task] = start + one.end - one.start
        found.append(one.model_copy(update={"start": start, "end": round(ends[one.task], 3)}))
    return sorted(found, key=lambda one: (one.start, one.end, one.task))


def _slack(
    done: Sequence[Assignment], tasks: Mapping[str, Task], at_once: Mapping[str, int], end: float
) -> dict[str, float]:
    """How late each may end: before what needs it, and before what its member does next in the same lane."""
    after: dict[str, set[str]] = {one.task: set() for one in done}
    for one in done:
        for name in tasks[one.task].needs:
            if name in after:
                after[name].add(one.task)
    for first, second in _lanes(done, at_once):
        after[first].add(second)
    latest: dict[str, float] = {}
    for one in sorted(done, key=lambda one: -one.end):
        latest[one.task] = min((latest[name] - _length(name, done) for name in after[one.task]), default=end)
    return {one.task: round(max(0.0, latest[one.task] - one.end), 3) for one in done}


def _length(task_id: str, done: Sequence[Assignment]) -> float:
    return next(one.end - one.start for one in done if one.task == task_id)


def _lanes(done: Sequence[Assignment], at_once: Mapping[str, int]) -> list[tuple[str, str]]:
    """Pairs of tasks that one lane of a member does one after the other."""
    lanes: dict[str, list[Assignment]] = {}
    pairs: list[tuple[str, str]] = []
    for one in done:
        mine = lanes.setdefault(one.member, [])
        free = [last for last in mine if last.end <= one.start + _SAME]
        if len(mine) >= at_once.get(one.member, 1) and free:
            last = max(free, key=lambda last: last.end)
            pairs.append((last.task, one.task))
            mine.remove(last)
        mine.append(one)
    return pairs


def _loads(done: Sequence[Assignment], members: Sequence[Member], makespan: float) -> tuple[Load, ...]:
    found: list[Load] = []
    for member in members:
        mine = [one for one in done if one.member == member.id]
        seconds = sum(one.end - one.start for one in mine)
        share = min(1.0, seconds / (makespan * member.at_once)) if makespan else 0.0
        if mine:
            found.append(
                Load(
                    member=member.id,
                    tasks=len(mine),
                    seconds=seconds,
                    share=round(share, 4),
                    cost=sum(one.cost for one in mine),
                )
            )
    return tuple(sorted(found, key=lambda load: -load.seconds))


def _asked(task: Task) -> str:
    return f"Approvals are people's; an answer is reckoned to take {task.seconds / 60:.0f} minutes."


def _named(text: str, tasks: Sequence[Task]) -> str:
    """Sentences of the solver with the titles of tasks in place of their ids."""
    for task in tasks:
        text = text.replace(f"“{task.id}”", f"“{task.title}”")
    return text
