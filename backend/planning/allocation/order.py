"""Refuses what cannot be read as tasks and candidates, and puts tasks after those that they need."""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from math import isfinite

from backend.planning.allocation.values import Candidate, CannotAllocate, Limits, WorkItem


def ordered(
    items: Sequence[WorkItem], candidates: Sequence[Candidate], limits: Limits
) -> tuple[list[WorkItem], list[Candidate]]:
    """Both in an order that depends on their ids alone, so that the same input has the same answer."""
    _once("task", [item.id for item in items])
    _once("candidate", [one.id for one in candidates])
    known = {item.id: item for item in items}
    for item in items:
        _number(f"The length of “{item.id}”", item.seconds, item.id)
        for name in item.needs:
            if name not in known:
                fix = "Add that task, or take the need away."
                message = f"“{item.id}” needs “{name}”, which is not there."
                raise CannotAllocate("input", message, fix, task=item.id)
    for one in candidates:
        _number(f"The load of “{one.id}”", one.load_seconds)
        _number(f"The price of “{one.id}”", float(one.cost_per_hour))
        if one.at_once < 1:
            fix = "Give it 1 or more, or leave it out."
            raise CannotAllocate("input", f"“{one.id}” does {one.at_once} tasks at once.", fix)
    for name, weight in vars(limits.weights).items():
        _number(f"The weight of {name}", weight)
    return [known[name] for name in _sorted(known)], sorted(candidates, key=lambda one: one.id)


def _sorted(known: dict[str, WorkItem]) -> Iterable[str]:
    graph = {name: sorted(known[name].needs) for name in sorted(known)}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle: list[str] = error.args[1]
        way = " needs ".join(f"“{name}”" for name in reversed(cycle))
        fix = "Take one of these needs away."
        raise CannotAllocate("input", f"Tasks wait for each other: {way}.", fix, task=cycle[0]) from None


def _once(what: str, names: list[str]) -> None:
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise CannotAllocate(
            "input", f"There are two of the {what} “{twice}”.", "Give each an id of its own."
        )


def _number(what: str, value: float, task: str | None = None) -> None:
    if not isfinite(value) or value < 0:
        raise CannotAllocate("input", f"{what} is {value}.", "Give a number from 0.", task=task)
