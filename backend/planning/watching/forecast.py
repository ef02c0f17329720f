"""When a run will end and what it will have cost, if everything from now on goes as planned."""

from pydantic import BaseModel

from backend.planning.plan import Task
from backend.planning.watching.facts import Course


class Forecast(BaseModel):
    """Seconds from the start of the run, and dollars; `late` and `over` are by how much the limits would be missed."""

    end: float
    planned_end: float
    cost: float
    planned_cost: float
    done: int
    tasks: int
    late: float = 0
    over: float = 0
    ends: dict[str, float] = {}
    """By task: when it ended or will."""


def forecast(course: Course) -> Forecast:
    """What is done counts as it was; what goes on takes as long as planned, or ends now; the rest follows in order."""
    plan, ends = course.plan, dict[str, float]()
    planned = {one.task: one for one in plan.assignments}
    for task in _in_order(plan.work()):
        ends[task.id] = _end(course, task, ends)
    cost = sum(
        max(did.cost, planned[name].cost if did.ended is None and name in planned else 0)
        for name, did in course.did.items()
    )
    if not course.over:
        cost += sum(one.cost for name, one in planned.items() if name not in course.did)
    known = [end for name, end in ends.items() if not course.over or name in course.did]
    limits, end = plan.goal.constraints, max(known, default=course.now)
    return Forecast(
        end=end,
        planned_end=plan.makespan,
        cost=cost,
        planned_cost=plan.cost,
        done=sum(did.ended is not None for did in course.did.values()),
        tasks=len(plan.work()),
        late=max(end - limits.deadline_seconds, 0) if limits.deadline_seconds else 0,
        ends=ends,
        over=max(cost - limits.max_cost, 0) if limits.max_cost else 0,
    )


def _end(course: Course, task: Task, ends: dict[str, float]) -> float:
    did = course.did.get(task.id)
    if did is None:
        before = [ends[name] for name in task.needs if name in ends]
        return max([course.now, *before]) + task.seconds
    return max(course.now, did.began + task.seconds) if did.ended is None else did.ended


def _in_order(tasks: tuple[Task, ...]) -> list[Task]:
    """Each after what it needs; a plan has no circles."""
    left, found = {task.id: task for task in tasks}, list[Task]()
    while left:
        free = [task for task in left.values() if not any(name in left for name in task.needs)]
        if not free:
            return found
        for task in free:
            found.append(left.pop(task.id))
    return found
