"""Says why nothing fits: which limit it is, where it shows, and how far it would have to go."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from backend.planning.allocation import model
from backend.planning.allocation.model import Effort
from backend.planning.allocation.problem import MICRO, Work
from backend.planning.allocation.values import Candidate, CannotAllocate, WorkItem

_EFFORT = Effort(0.8, 0.01)


def look_before(work: Work, items: Sequence[WorkItem], people: Sequence[Candidate]) -> None:
    """What can be told without a solver: a chain of tasks that is too long, and a cheapest sum that is too much."""
    if work.deadline is not None and work.longest_path > work.deadline:
        chain = _chain(work)
        first = people[min(work.able[chain[0]], key=lambda m: work.workers[m].free_from)]
        names = " → ".join(f"“{items[n].id}”" for n in chain)
        wait = work.tasks[chain[0]].head * work.tick
        begins = f" and “{first.name or first.id}” is free after {_time(float(wait))}" if wait else ""
        least = float(work.longest_path * work.tick)
        message = f"{names} take until {_time(least)}{begins}; the deadline is {_time(_deadline(work))}."
        fix = f"Allow {_time(least)}, or cut or drop one of these tasks."
        raise CannotAllocate("deadline", message, fix, task=items[chain[0]].id)
    cheapest = sum(min(work.pairs[n, m].price for m in able) for n, able in enumerate(work.able))
    if work.budget is not None and cheapest > work.budget:
        dearest = max(range(len(items)), key=lambda n: min(work.pairs[n, m].price for m in work.able[n]))
        message = f"All tasks together cost at least {_money(cheapest)}; the budget is {_money(work.budget)}."
        fix = f"Allow {_money(cheapest)}, or add a cheaper agent for “{items[dearest].id}”, the dearest."
        raise CannotAllocate("budget", message, fix, task=items[dearest].id)


def why(work: Work, *, proven: bool) -> CannotAllocate:
    """Nothing keeps to the limits, or nothing that does was found."""
    soonest = _soonest(work)
    if work.deadline is not None and soonest is not None and proven:
        return _too_early(work, soonest)
    told = f"Allow {_time(soonest)}: that is known to do." if soonest else "Allow more."
    message = "No allocation within the limits was found, and none was proven impossible."
    return CannotAllocate("effort", message, f"{told} Or plan fewer tasks at once.")


def _too_early(work: Work, soonest: float) -> CannotAllocate:
    found = (
        model.choose(replace(work, budget=None), _EFFORT, model.price) if work.budget is not None else None
    )
    message = f"The tasks do not end before {_time(_deadline(work))} with these agents"
    if found is not None and found.value is not None and work.budget is not None:
        message += f" and {_money(work.budget)}; in that time they cost about {_money(found.value)}."
        fix = f"Allow {_time(soonest)}, or about {_money(found.value)}."
        return CannotAllocate("deadline and budget", message, fix, task=_bottleneck(work))
    task = _bottleneck(work)
    fix = f"Allow {_time(soonest)}, or add an agent that can do “{task}” and its like."
    return CannotAllocate("deadline", f"{message}; {_time(soonest)} is possible.", fix, task=task)


def _soonest(work: Work) -> float | None:
    """An end that can be kept to."""
    free = replace(work, deadline=None)
    found = model.place(free, dict(enumerate(free.able)), _EFFORT, aim=model.duration)
    return None if found.value is None else float(found.value * work.tick)


def _bottleneck(work: Work) -> str:
    """The longest of the tasks that the fewest can do."""
    return work.tasks[min(range(len(work.tasks)), key=lambda n: (len(work.able[n]), -work.tasks[n].ticks))].id


def _chain(work: Work) -> list[int]:
    """The longest way through the tasks."""
    tasks = work.tasks
    last = max(range(len(tasks)), key=lambda n: tasks[n].head + tasks[n].ticks + tasks[n].tail)
    chain = [last]
    while before := [
        m for m in tasks[chain[0]].before if tasks[m].head + tasks[m].ticks == tasks[chain[0]].head
    ]:
        chain.insert(0, before[0])
    while after := [
        m for m in tasks[chain[-1]].after if tasks[m].ticks + tasks[m].tail == tasks[chain[-1]].tail
    ]:
        chain.append(after[0])
    return chain


def _deadline(work: Work) -> float:
    return float((work.deadline or 0) * work.tick)


def _time(seconds: float) -> str:
    """Rounded up, so that what is told to be enough is."""
    if seconds < 60:
        return f"{ceil(seconds * 10) / 10:g} s"
    if seconds < 7200:
        return f"{ceil(seconds / 6) / 10:g} min"
    return f"{ceil(seconds / 360) / 10:g} h"


def _money(micro: int) -> str:
    return f"${ceil(micro / MICRO * 10_000) / 10_000:,.4f}".rstrip("0").rstrip(".")
