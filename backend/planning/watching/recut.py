"""The tasks of a plan whose rest was taken apart again: what has begun as it was, the new rest behind it, and what is dropped."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from backend.planning import demands
from backend.planning.plan import Reason, Task, TeamPlan
from backend.planning.redrawing import alike


@dataclass(frozen=True)
class Recut:
    """The tasks, why people are asked, and the tasks that were planned and are not needed any more."""

    tasks: tuple[Task, ...]
    reasons: tuple[Reason, ...]
    dropped: tuple[Task, ...]


def recut(plan: TeamPlan, begun: Collection[str], new: Sequence[Task]) -> Recut:
    """`new` are groups and work; `begun` the ids of what stays. A task of `new` that has begun as the same is that task."""
    kept = stays(plan, begun)
    tasks = _fed(plan, _joined(kept, _renamed(new, kept)), begun)
    tasks, reasons = _with_people(plan, tasks, begun)
    have = {task.id for task in tasks}
    dropped = tuple(task for task in plan.work() if task.id not in have)
    return Recut(tuple(tasks), reasons, dropped)


def stays(plan: TeamPlan, begun: Collection[str]) -> dict[str, Task]:
    """What has begun, with the groups around it, by id."""
    known = {task.id: task for task in plan.tasks}
    names = set[str]()
    for name in begun:
        above: str | None = name
        while above in known and above not in names:
            names.add(above)
            above = known[above].parent
    return {task.id: task for task in plan.tasks if task.id in names}


def _renamed(new: Sequence[Task], kept: Mapping[str, Task]) -> list[Task]:
    """Another task that happens to have the id of one that stays gets one of its own."""
    taken = [*kept.values(), *new]
    names = {
        task.id: demands.free(task.id, taken)
        for task in new
        if task.id in kept and not _same(task, kept[task.id])
    }
    return [
        task.model_copy(
            update={
                "id": names.get(task.id, task.id),
                "parent": names.get(task.parent or "", task.parent),
                "needs": tuple(names.get(name, name) for name in task.needs),
            }
        )
        for task in new
    ]


def _same(one: Task, other: Task) -> bool:
    return one.kind == other.kind and (one.kind == "group" or alike(one, other))


def _joined(kept: Mapping[str, Task], new: Sequence[Task]) -> list[Task]:
    """In the order of the new rest; what it does not have any more stands at the head of its group."""
    found = [
        kept[task.id].model_copy(update={"parent": task.parent})
        if task.id in kept and task.kind != "group"
        else task
        for task in new
    ]
    have = {task.id for task in found}
    for one in reversed([task for task in kept.values() if task.id not in have]):
        at = next((n + 1 for n, task in enumerate(found) if task.id == one.parent), 0)
        found.insert(at, one)
    work = {task.id for task in found if task.kind != "group"}
    return [
        task.model_copy(update={"needs": tuple(name for name in task.needs if name in work)})
        for task in found
    ]


def _fed(plan: TeamPlan, tasks: Sequence[Task], begun: Collection[str]) -> list[Task]:
    """Results that nothing of the new rest asks for are given to whatever of it comes first: nothing done is lost.

    Rather not to what people have been asked about: the answer would be for something else.
    """
    work = [task for task in tasks if task.kind != "group"]
    waited = {name for task in work for name in task.needs}
    unread = tuple(t.id for t in work if t.kind == "work" and t.id in begun and t.id not in waited)
    ahead = {task.id for task in work if task.id not in begun}
    asked = {task.id for task in work if set(task.does) & set(plan.goal.constraints.approvals)}
    takers = ahead - asked or ahead
    return [
        task.model_copy(update={"needs": tuple(dict.fromkeys((*task.needs, *unread)))})
        if task.id in takers and not takers & set(task.needs)
        else task
        for task in tasks
    ]


def _with_people(
    plan: TeamPlan, tasks: Sequence[Task], begun: Collection[str]
) -> tuple[list[Task], tuple[Reason, ...]]:
    """With what the constraints add to the new rest; nobody is asked about what has begun."""
    if all(task.kind == "group" or task.id in begun for task in tasks):
        return list(tasks), ()
    was = {task.id: task for task in tasks if task.id in begun}
    harmless = [task.model_copy(update={"does": ()}) if task.id in begun else task for task in tasks]
    added, reasons = demands.add(harmless, plan.goal.constraints)
    return _answered(plan, [was.get(task.id, task) for task in added], begun), reasons


def _answered(plan: TeamPlan, tasks: Sequence[Task], begun: Collection[str]) -> list[Task]:
    """Who was asked about the very same task, with the same before it, is not asked again."""
    old, known = {task.id: task for task in plan.work()}, {task.id: task for task in tasks}
    given: dict[str, str] = {}
    for task in tasks:
        was = old.get(task.id)
        if was is None or task.id in begun or not alike(task, was):
            continue
        asked = next((old[n] for n in was.needs if n in begun and old[n].kind == "approval"), None)
        asks = next((known[n] for n in task.needs if known[n].kind == "approval" and n not in begun), None)
        if asked and asks and set(asks.needs) <= {*asked.needs, asked.id}:
            given[asks.id] = asked.id
    return [_told(task, given, known) for task in tasks if task.id not in given]


def _told(task: Task, given: Mapping[str, str], known: Mapping[str, Task]) -> Task:
    """With the answer that is there, in place of a question."""
    needs = [
        one
        for name in task.needs
        for one in ((given[name], *known[name].needs) if name in given else (name,))
    ]
    return task.model_copy(update={"needs": tuple(dict.fromkeys(needs))})
