"""The tasks and candidates as whole numbers: what the solver, the timeline and the score have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from backend.planning.allocation.values import Candidate, CannotAllocate, Limits, WorkItem, price

SCALE = 10**8
"""Of the score: one is so many points."""
MOST_TICKS = 10**6
"""All work together takes no more ticks; the shortest tick is a millisecond."""
MICRO = 10**6


@dataclass(frozen=True)
class Task:
    """A task in ticks; `before` and `after` are places in the list of tasks."""

    id: str
    ticks: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    head: int
    """It cannot begin earlier: what comes before it, and who could do it, take so long."""
    tail: int
    """So much must come after its end."""


@dataclass(frozen=True)
class Worker:
    """A candidate in ticks."""

    id: str
    load: int
    at_once: int

    @property
    def free_from(self) -> int:
        """When its other work is done."""
        return -(-self.load // self.at_once)


@dataclass(frozen=True)
class Pair:
    """A task with somebody who can do it: what that costs in millionths of a dollar, and in points of the score."""

    price: int
    points: int


@dataclass(frozen=True)
class Work:
    """All of it. The tasks are in an order in which every one comes after those it needs."""

    tick: Fraction
    tasks: tuple[Task, ...]
    workers: tuple[Worker, ...]
    pairs: Mapping[tuple[int, int], Pair]
    able: tuple[tuple[int, ...], ...]
    deadline: int | None
    budget: int | None
    points_load: int
    points_time: int

    @property
    def longest_path(self) -> int:
        """No timeline is shorter."""
        return max((task.head + task.ticks + task.tail for task in self.tasks), default=0)

    @property
    def horizon(self) -> int:
        """No sensible timeline is longer."""
        latest = max((worker.free_from for worker in self.workers), default=0)
        heads = max((task.head for task in self.tasks), default=0)
        return sum(task.ticks for task in self.tasks) + max(latest, heads)

    @property
    def latest(self) -> int:
        """No allocation may end later."""
        latest = self.horizon if self.deadline is None else min(self.horizon, self.deadline)
        return max(latest, self.longest_path)

    def free_for_all(self, worker: int) -> int:
        """When somebody is free, as far as the end hangs on it whether they get a task or not."""
        return min(self.workers[worker].free_from, self.longest_path)

    def score(self, who: Sequence[int], end: int) -> int:
        """Points of an allocation that ends then; fewer are better."""
        each = sum(self.pairs[task, worker].points for task, worker in enumerate(who))
        return each + self.points_load * self.busiest(who) + self.points_time * end

    def busiest(self, who: Sequence[int]) -> int:
        """The ticks of whoever has the most to do, shared among what it does at once."""
        return max((-(-ticks // self.workers[n].at_once) for n, ticks in self.loads(who).items()), default=0)

    def loads(self, who: Sequence[int]) -> dict[int, int]:
        """All ticks by worker, with what it had to do before."""
        found = {n: worker.load for n, worker in enumerate(self.workers)}
        for task, worker in enumerate(who):
            found[worker] += self.tasks[task].ticks
        return found

    def price(self, who: Sequence[int]) -> int:
        """In millionths of a dollar."""
        return sum(self.pairs[task, worker].price for task, worker in enumerate(who))


def proficiency(needed: Mapping[str, float], candidate: Candidate) -> float:
    """The mean of what it can of what is needed."""
    return sum(candidate.capabilities.get(name, 0) for name in needed) / len(needed) if needed else 1.0


def prepared(items: Sequence[WorkItem], candidates: Sequence[Candidate], limits: Limits) -> Work:
    """Raises where something is missing before a solver would have to be asked. `items` are in order already."""
    total = sum(Fraction(item.seconds) for item in items)
    tick = Fraction(1, 1000)
    while total > tick * MOST_TICKS:
        tick *= 10
    workers = tuple(
        Worker(one.id, ceil(Fraction(one.load_seconds) / tick), one.at_once) for one in candidates
    )
    able = tuple(_able(item, candidates) for item in items)
    tasks = _tasks(items, tick, [min(workers[n].free_from for n in each) for each in able])
    even = Fraction(sum(task.ticks for task in tasks) or 1, sum(worker.at_once for worker in workers) or 1)
    path = max((task.head + task.ticks + task.tail for task in tasks), default=0)
    deadline, budget, weights = limits.deadline_seconds, limits.budget, limits.weights
    return Work(
        tick=tick,
        tasks=tasks,
        workers=workers,
        pairs=_pairs(items, candidates, able, limits),
        able=able,
        deadline=None if deadline is None else int(Fraction(deadline) / tick),
        budget=None if budget is None else int(budget * MICRO),
        points_load=round(SCALE * Fraction(weights.load) / even),
        points_time=round(SCALE * Fraction(weights.time) / (path or 1)),
    )


def _able(item: WorkItem, candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """Who can do it; at least one."""
    asked = [(n, one) for n, one in enumerate(candidates) if item.only is None or one.id in item.only]
    if not asked:
        whom = ", ".join(item.only or ()) or "anybody"
        fix = "Add a candidate, or let others have it."
        raise CannotAllocate("capability", f"“{item.id}” needs {whom}, who is not there.", fix, task=item.id)
    for name, level in item.capabilities.items():
        best = max(asked, key=lambda one: one[1].capabilities.get(name, 0.0))[1]
        if (most := best.capabilities.get(name, 0.0)) < level:
            message = f"“{item.id}” needs “{name}” to {level:.2f}; the most that anybody can is {most:.2f}"
            message += f" ({best.name or best.id})." if most else "."
            fix = f"Add an agent that can “{name}”, or ask for at most {most:.2f}."
            raise CannotAllocate("capability", message, fix, task=item.id, capability=name)
    able = tuple(
        n
        for n, one in asked
        if all(one.capabilities.get(name, 0.0) >= level for name, level in item.capabilities.items())
    )
    if not able:
        named = " and ".join(f"“{name}” to {level:.2f}" for name, level in item.capabilities.items())
        fix = "Add an agent that can all of it, or cut the task into parts."
        raise CannotAllocate(
            "capability", f"“{item.id}” needs {named}; nobody can all of it.", fix, task=item.id
        )
    return able


def _tasks(items: Sequence[WorkItem], tick: Fraction, first: Sequence[int]) -> tuple[Task, ...]:
    """With the times that no allocation can undercut."""
    place = {item.id: n for n, item in enumerate(items)}
    ticks = [ceil(Fraction(item.seconds) / tick) for item in items]
    before = [tuple(sorted({place[name] for name in item.needs})) for item in items]
    after: list[list[int]] = [[] for _ in items]
    heads: list[int] = []
    for n, item in enumerate(items):
        ended = [heads[m] + ticks[m] for m in before[n]]
        heads.append(max([first[n], ceil(Fraction(item.ready_seconds) / tick), *ended]))
        for m in before[n]:
            after[m].append(n)
    tails = [0] * len(items)
    for n in reversed(range(len(items))):
        tails[n] = max((ticks[m] + tails[m] for m in after[n]), default=0)
    return tuple(
        Task(item.id, ticks[n], before[n], tuple(after[n]), heads[n], tails[n])
        for n, item in enumerate(items)
    )


def _pairs(
    items: Sequence[WorkItem],
    candidates: Sequence[Candidate],
    able: Sequence[tuple[int, ...]],
    limits: Limits,
) -> dict[tuple[int, int], Pair]:
    """Cost is measured against what it would be by lot, lack of skill against having none."""
    prices = {
        (n, m): int(price(item.seconds, candidates[m]) * MICRO)
        for n, item in enumerate(items)
        for m in able[n]
    }
    usual = sum(Fraction(sum(prices[n, m] for m in each), len(each)) for n, each in enumerate(able))
    seconds = sum(Fraction(item.seconds) for item in items) or Fraction(1)
    weights = limits.weights
    a_price = SCALE * Fraction(weights.cost) / usual if usual else Fraction(0)
    found: dict[tuple[int, int], Pair] = {}
    for (n, m), cost in prices.items():
        lack = 1 - proficiency(items[n].capabilities, candidates[m])
        lacking = (
            SCALE * Fraction(weights.proficiency) * Fraction(lack) * Fraction(items[n].seconds) / seconds
        )
        found[n, m] = Pair(cost, round(a_price * cost + lacking))
    return found
