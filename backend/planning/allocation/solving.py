"""Finds the allocation: who by optimisation alone, which gives the bound; a timeline for it; then both together.

A small problem is solved to the proven optimum. Of a large one a linear program gives the bound and says who suits, and tasks are given
out by that; CP-SAT is asked only where what comes of it does not keep to the limits, each task then choosing among few.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backend.planning.allocation import filling, improving, model, order, refusal, relaxing, timeline
from backend.planning.allocation.model import Effort, Known
from backend.planning.allocation.problem import SCALE, Work, prepared
from backend.planning.allocation.reasons import reasons
from backend.planning.allocation.values import Allocation, Assigned, Candidate, Limits, WorkItem, price

NEAR = 0.01
"""An allocation that is proven so near to the best is not made better."""
EXACT_PAIRS = 400
"""Up to so many pairs of a task and who can do it, everything is weighed at once."""
CHOOSING, PLACING, EXACT = Effort(0.3, NEAR / 2), Effort(0.1, NEAR), Effort(1.5, 0)
FEW = 4
SOONER = 2


@dataclass(frozen=True)
class Best:
    """What was found, and the points that nothing is below."""

    who: Sequence[int]
    starts: Sequence[int]
    points: int
    bound: int


def allocate(
    tasks: Sequence[WorkItem], candidates: Sequence[Candidate], limits: Limits | None = None
) -> Allocation:
    """Who does what, and when. Raises CannotAllocate. It computes for some time: see `allocate_apart`."""
    limits = limits or Limits()
    items, people = order.ordered(tasks, candidates, limits)
    if not items:
        return Allocation((), price(0, people[0]) if people else price(0), 0, 0, 0, 0, ())
    work = prepared(items, people, limits)
    refusal.look_before(work, items, people)
    return _told(work, items, people, best(work))


def best(work: Work) -> Best:
    """Raises where there is none, or none was found."""
    if len(work.pairs) > EXACT_PAIRS and (quick := _quick(work)) is not None:
        return quick
    chosen = model.choose(work, CHOOSING)
    if chosen.who is None:
        raise refusal.why(work, proven=chosen.impossible)
    found = _timed(work, chosen.who, chosen.bound)
    if len(work.pairs) <= EXACT_PAIRS:
        return _better(work, found, dict(enumerate(work.able)), EXACT)
    return found if _fits(work, found) else _better(work, found, _few(work, found.who), PLACING)


def _quick(work: Work) -> Best | None:
    """Without CP-SAT, and no more than it takes to be near; None where the limits are not kept."""
    relaxed = relaxing.relaxed(work)
    if relaxed is None:
        return None
    ways: list[tuple[Sequence[int], Sequence[int]]] = []
    for who in filling.filled(work, relaxed):
        ways.append((who, timeline.listed(work, who)))
        found = _best_of(work, ways[-1:], relaxed.bound)
        if _fits(work, found) and gap(found) <= NEAR:
            return found
    found = _timed(work, _best_of(work, ways, relaxed.bound).who, relaxed.bound)
    return found if _fits(work, found) else None


def _timed(work: Work, who: Sequence[int], bound: int) -> Best:
    """With a timeline that is made at once; then with sooner ends, for which agents change, as far as that is worth it."""
    if len(work.pairs) <= EXACT_PAIRS:
        return _best_of(work, [(who, timeline.listed(work, who))], bound)
    who = improving.improved(work, who)
    starts = timeline.listed(work, who)
    ways: list[tuple[Sequence[int], Sequence[int]]] = [(who, starts)]
    late = timeline.end(work, starts) - work.longest_path
    for part in range(SOONER if late > 0 else 0):
        end = work.longest_path + late * part // SOONER
        in_time = replace(work, deadline=end if work.deadline is None else min(end, work.deadline))
        ways.append(timeline.in_time(in_time, who))
        better = improving.improved(in_time, ways[-1][0], rounds=4)
        ways.append((better, timeline.listed(work, better)))
    return _best_of(work, ways, bound)


def _best_of(work: Work, ways: Sequence[tuple[Sequence[int], Sequence[int]]], bound: int) -> Best:
    """What fits comes before what weighs less."""
    found = [Best(who, starts, work.score(who, timeline.end(work, starts)), bound) for who, starts in ways]
    return min(found, key=lambda one: (not _fits(work, one), one.points))


def gap(found: Best) -> float:
    """By what part of it the best can be better."""
    return max(found.points - found.bound, 0) / found.points if found.points else 0.0


def _better(work: Work, found: Best, allowed: Mapping[int, Sequence[int]], effort: Effort) -> Best:
    whole = len(work.pairs) == sum(len(each) for each in allowed.values())
    known = Known(found.who, found.starts)
    placed = model.place(work, allowed, effort, known)
    if placed.who is not None and placed.starts is not None:
        points = work.score(placed.who, timeline.end(work, placed.starts))
        bound = max(found.bound, placed.bound) if whole else found.bound
        if not _fits(work, found) or points <= found.points:
            return Best(placed.who, placed.starts, points, min(bound, points))
        return replace(found, bound=min(bound, found.points))
    if _fits(work, found):
        return found
    if not whole:
        return _better(work, found, dict(enumerate(work.able)), EXACT)
    raise refusal.why(work, proven=placed.impossible)


def _few(work: Work, who: Sequence[int]) -> dict[int, list[int]]:
    """Whoever was chosen, and those who would cost the least points more."""
    return {
        n: sorted(able, key=lambda m: (m != who[n], work.pairs[n, m].points, m))[:FEW]
        for n, able in enumerate(work.able)
    }


def _fits(work: Work, found: Best) -> bool:
    late = work.deadline is not None and timeline.end(work, found.starts) > work.deadline
    return not late and (work.budget is None or work.price(found.who) <= work.budget)


def _told(work: Work, items: Sequence[WorkItem], people: Sequence[Candidate], found: Best) -> Allocation:
    """In seconds, dollars and ids."""
    assigned: list[Assigned] = []
    for n, item in enumerate(items):
        one, start = people[found.who[n]], float(found.starts[n] * work.tick)
        cost = price(item.seconds, one)
        assigned.append(Assigned(item.id, one.id, start, start + item.seconds, cost))
    assigned.sort(key=lambda each: (each.start, each.task))
    return Allocation(
        assignments=tuple(assigned),
        cost=sum((each.cost for each in assigned), price(0)),
        makespan=max(each.end for each in assigned),
        score=found.points / SCALE,
        bound=found.bound / SCALE,
        gap=gap(found),
        reasons=reasons(work, items, people, found.who),
    )
