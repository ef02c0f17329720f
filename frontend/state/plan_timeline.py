"""The timeline of a plan in percent of its width: bars, the lines between them, and moments on the axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.planning.plan import Assignment, Task, TeamPlan

_STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14_400,
    21_600,
    43_200,
    86_400,
    172_800,
    604_800,
)
ROW = 44
"""Pixels of a row of the timeline; the lines between bars are drawn by it."""


@dataclass
class Bar:
    """A row of the timeline, in percent of its width."""

    id: str
    title: str
    depth: int
    sort: str
    who: str
    left: str
    width: str
    late: str
    when: str
    says: str


@dataclass
class Tick:
    """A moment on the axis."""

    left: str
    word: str


def span(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.1f} min".replace(".0 ", " ")
    return (
        f"{seconds / 3600:.1f} h".replace(".0 ", " ") if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
    )


def bars(plan: TeamPlan) -> list[Bar]:
    """In the order of the hierarchy."""
    if not plan.assignments:
        return []
    by = {one.task: one for one in plan.assignments}
    names = {one.id: one.name for one in plan.members}
    scale = 100 / scale_of(plan)
    deep = depths(plan.tasks)
    found: list[Bar] = []
    for task in plan.tasks:
        inside = [by[one.id] for one in plan.tasks if one.id in by and task.id in above(one, plan.tasks)]
        if not inside:
            continue
        start, end = min(one.start for one in inside), max(one.end for one in inside)
        one = by.get(task.id)
        who = names.get(one.member, "") if one else ""
        late = one.slack if one else 0.0
        found.append(
            Bar(
                id=task.id,
                title=task.title,
                depth=deep[task.id],
                sort=_sort(task, one),
                who=who,
                left=f"{start * scale:.3f}%",
                width=f"{max((end - start) * scale, 0.4):.3f}%",
                late=f"{late * scale:.3f}%",
                when=f"{span(start)} to {span(end)}",
                says=_says(task, who, start, end, late if one else None),
            )
        )
    return found


def lines(plan: TeamPlan) -> list[str]:
    """From the end of each task to the beginning of those that need it, in thousandths and pixels."""
    rows = {bar.id: number for number, bar in enumerate(bars(plan))}
    by = {one.task: one for one in plan.assignments}
    scale = 1000 / scale_of(plan) if plan.assignments else 0
    found: list[str] = []
    for task in plan.work():
        for name in task.needs:
            if task.id in by and name in by:
                x1, x2 = by[name].end * scale, by[task.id].start * scale
                y1, y2 = (rows[name] + 0.5) * ROW, (rows[task.id] + 0.5) * ROW
                found.append(f"M {x1:.1f} {y1:g} H {x1 + 2:.1f} V {y2:g} H {max(x2, x1 + 2):.1f}")
    return found


def ticks(plan: TeamPlan) -> list[Tick]:
    """At most seven moments that are easy to read."""
    whole = scale_of(plan)
    step = next((one for one in _STEPS if whole / one <= 6), _STEPS[-1])
    return [
        Tick(f"{100 * at / whole:.2f}%", span(at) if at else "0")
        for at in range(0, int(whole * 0.97) + 1, step)
    ]


def scale_of(plan: TeamPlan) -> float:
    """How many seconds the timeline shows: a deadline that is not far is in it."""
    deadline = plan.goal.constraints.deadline_seconds or 0
    return max(plan.makespan, deadline if deadline <= 2 * plan.makespan else 0, 1) * 1.02


def deadline_at(plan: TeamPlan) -> str:
    """Where the line of the deadline stands; empty where it is far or none."""
    deadline = plan.goal.constraints.deadline_seconds
    if not deadline or deadline > 2 * plan.makespan:
        return ""
    return f"{100 * deadline / scale_of(plan):.2f}%"


def depths(tasks: Sequence[Task]) -> dict[str, int]:
    return {task.id: len(above(task, tasks)) - 1 for task in tasks}


def above(task: Task, tasks: Sequence[Task]) -> list[str]:
    """The task and the groups around it."""
    known = {one.id: one for one in tasks}
    found = [task.id]
    while (parent := known[found[-1]].parent) is not None and parent not in found:
        found.append(parent)
    return found


def _sort(task: Task, one: Assignment | None) -> str:
    if task.kind != "work":
        return task.kind
    return "critical" if one and one.critical else "work"


def _says(task: Task, who: str, start: float, end: float, slack: float | None) -> str:
    told = f"{task.title}: {who + ', ' if who else ''}from {span(start)} to {span(end)}"
    if slack is None:
        return told
    return f"{told}, {'critical' if not slack else f'may be {span(slack)} late'}"
