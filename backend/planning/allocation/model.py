"""The problem in the words of the solver, OR-Tools CP-SAT: who alone, and who together with when.

`choose` leaves the timeline out: what it finds costs at most what the best allocation costs, so it gives the bound. `place`
has both, among the candidates that it is allowed. CP-SAT is loaded at the first call: it takes half a second and 80 MB.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.planning.allocation.problem import Work

SEED = 20_260
THREADS = 1
"""More would not repeat themselves, or be slower than one that does, and the other core has other work."""

Aim = Callable[["_Model"], Any]


@dataclass(frozen=True)
class Found:
    """What the solver knows: the best it has, None where there is nothing, and what nothing can be below."""

    who: tuple[int, ...] | None
    starts: tuple[int, ...] | None
    value: int | None
    bound: int
    impossible: bool


@dataclass(frozen=True)
class Known:
    """An allocation to begin with."""

    who: Sequence[int]
    starts: Sequence[int]


@dataclass(frozen=True)
class Effort:
    """How long to look, in units of the solver that do not depend on the machine, and how near is near enough."""

    units: float
    gap: float


def choose(work: Work, effort: Effort, aim: Aim | None = None) -> Found:
    """Who, with time as far as sums tell of it."""
    model = _Model(work, dict(enumerate(work.able)))
    model.sums()
    return model.solved(effort, aim or _points)


def place(
    work: Work,
    allowed: Mapping[int, Sequence[int]],
    effort: Effort,
    known: Known | None = None,
    aim: Aim | None = None,
) -> Found:
    """Who and when, exactly, among those who are allowed."""
    model = _Model(work, allowed)
    model.sums()
    model.times()
    if known is not None:
        model.hint(known)
    return model.solved(effort, aim or _points)


def _points(model: "_Model") -> Any:
    """The score."""
    work = model.work
    each = sum(work.pairs[pair].points * chosen for pair, chosen in model.chosen.items())
    return each + work.points_load * model.busiest + work.points_time * model.end


def duration(model: "_Model") -> Any:
    """An aim of its own: the soonest end."""
    return model.end


def price(model: "_Model") -> Any:
    """An aim of its own: the least cost."""
    return sum(model.work.pairs[pair].price * chosen for pair, chosen in model.chosen.items())


class _Model:
    """One question to the solver; `Any` stands for its expressions, which have no types."""

    def __init__(self, work: Work, allowed: Mapping[int, Sequence[int]]) -> None:
        from ortools.sat.python import cp_model

        self.work, self._sat = work, cp_model
        self._model: Any = cp_model.CpModel()
        self.chosen: dict[tuple[int, int], Any] = {}
        self._tasks_of: dict[int, list[int]] = {}
        self._starts: list[Any] = []
        for n in range(len(work.tasks)):
            for m in allowed[n]:
                self.chosen[n, m] = self._model.new_bool_var("")
                self._tasks_of.setdefault(m, []).append(n)
            self._model.add_exactly_one(self.chosen[n, m] for m in allowed[n])
        most = work.horizon + max((worker.load for worker in work.workers), default=0)
        self._latest = work.latest
        self.end: Any = self._model.new_int_var(work.longest_path, self._latest, "")
        self.busiest: Any = self._model.new_int_var(0, most, "")

    def sums(self) -> None:
        """Cost, load, and that nobody does more than fits before the end."""
        work = self.work
        if work.budget is not None:
            self._model.add(price(self) <= work.budget)
        for m, worker in enumerate(work.workers):
            mine = sum(work.tasks[n].ticks * self.chosen[n, m] for n in self._tasks_of.get(m, ()))
            self._model.add(worker.at_once * self.busiest >= worker.load + mine)
            if m in self._tasks_of:
                first = worker.at_once * work.free_for_all(m)
                self._model.add(worker.at_once * self.end >= first + mine)

    def times(self) -> None:
        """When each begins, in order, and never more of somebody's side by side than it does at once."""
        work, model = self.work, self._model
        for task in work.tasks:
            start = model.new_int_var(task.head, max(self._latest - task.ticks - task.tail, task.head), "")
            for n in task.before:
                model.add(start >= self._starts[n] + work.tasks[n].ticks)
            model.add(self.end >= start + task.ticks + task.tail)
            self._starts.append(start)
        for m, mine in self._tasks_of.items():
            self._one(m, mine)

    def _one(self, m: int, mine: Sequence[int]) -> None:
        worker, intervals = self.work.workers[m], list[Any]()
        for n in mine:
            chosen, start = self.chosen[n, m], self._starts[n]
            ticks = self.work.tasks[n].ticks
            intervals.append(self._model.new_optional_fixed_size_interval_var(start, ticks, chosen, ""))
            if worker.free_from > self.work.tasks[n].head:
                self._model.add(start >= worker.free_from).only_enforce_if(chosen)
        if worker.at_once == 1:
            self._model.add_no_overlap(intervals)
        else:
            self._model.add_cumulative(intervals, [1] * len(intervals), worker.at_once)

    def hint(self, known: Known) -> None:
        """Begin the search there."""
        for (n, m), chosen in self.chosen.items():
            self._model.add_hint(chosen, known.who[n] == m)
        for n, start in enumerate(self._starts):
            self._model.add_hint(start, known.starts[n])

    def solved(self, effort: Effort, aim: Aim) -> Found:
        """The same for the same input: seed, and a limit in the solver's own units rather than in seconds."""
        self._model.minimize(aim(self))
        solver: Any = self._sat.CpSolver()
        chosen = solver.parameters
        chosen.random_seed, chosen.num_workers = SEED, THREADS
        chosen.max_deterministic_time, chosen.relative_gap_limit = effort.units, effort.gap
        status: Any = solver.solve(self._model)
        impossible = status in (self._sat.INFEASIBLE, self._sat.MODEL_INVALID)
        if status not in (self._sat.OPTIMAL, self._sat.FEASIBLE):
            return Found(None, None, None, 0, impossible)
        who = [0] * len(self.work.tasks)
        for (n, m), variable in self.chosen.items():
            if solver.value(variable):
                who[n] = m
        starts = tuple(int(solver.value(start)) for start in self._starts)
        value, bound = round(solver.objective_value), int(-(-solver.best_objective_bound // 1))
        return Found(tuple(who), starts or None, value, bound, impossible=False)
