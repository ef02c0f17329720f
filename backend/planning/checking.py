"""What holds for the tasks of every plan, whoever made them: a domain or a model."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from backend.core.errors import Problem
from backend.planning.plan import Goal, Task

MOST = 60


def problems(tasks: Sequence[Task], goal: Goal) -> list[Problem]:
    """Everything that is wrong with them, with the place in a list of tasks."""
    return [*_counts(tasks), *_names(tasks), *_order(tasks), *_needs(tasks), *_forbidden(tasks, goal)]


def _counts(tasks: Sequence[Task]) -> Iterator[Problem]:
    work = [task for task in tasks if task.kind == "work"]
    if not work:
        yield Problem("There is no task.", "tasks", "Give at least one task.")
    if len(tasks) > MOST:
        yield Problem(f"There are {len(tasks)} tasks; {MOST} are allowed.", "tasks", "Put some together.")
    for task in work:
        if not (task.capabilities and task.seconds and task.what and task.done_when):
            told = f"“{task.title}” lacks what, done_when, seconds or capabilities."
            yield Problem(told, f"tasks.{task.id}", "Say all of them.")


def _names(tasks: Sequence[Task]) -> Iterator[Problem]:
    known = {task.id: task for task in tasks}
    for task in tasks:
        if sum(other.id == task.id for other in tasks) > 1:
            yield Problem(
                f"Two tasks are called “{task.id}”.", f"tasks.{task.id}", "Give each an id of its own."
            )
        if task.parent is not None and (task.parent not in known or known[task.parent].kind != "group"):
            told = f"“{task.id}” is a part of “{task.parent}”, which is no task with parts."
            yield Problem(told, f"tasks.{task.id}.parent", "Name a task of the list.")


def _needs(tasks: Sequence[Task]) -> Iterator[Problem]:
    known = {task.id: task for task in tasks}
    for task in tasks:
        for name in task.needs:
            if name not in known or known[name].kind == "group":
                told = f"“{task.id}” needs “{name}”, which is no work."
                yield Problem(told, f"tasks.{task.id}.needs", "Name work of the list.")


def _order(tasks: Sequence[Task]) -> Iterator[Problem]:
    for place, graph in (
        ("needs", {task.id: task.needs for task in tasks}),
        ("parent", {task.id: (task.parent,) if task.parent else () for task in tasks}),
    ):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            told = f"These lead in a circle: {' → '.join(error.args[1])}."
            yield Problem(told, f"tasks.{error.args[1][0]}.{place}", "Take one of them away.")


def _forbidden(tasks: Sequence[Task], goal: Goal) -> Iterator[Problem]:
    forbidden = {word.casefold() for word in goal.constraints.forbidden}
    for task in tasks:
        for word in (*task.capabilities, *task.does):
            if word.casefold() in forbidden:
                told = f"“{task.title}” needs “{word}”, which is forbidden."
                yield Problem(told, f"tasks.{task.id}", "Reach the goal without it.")
