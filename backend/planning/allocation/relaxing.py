"""The problem without whole tasks: a linear program that has an answer at once, and a bound that CP-SAT does not raise.

GLOP solves it, the simplex solver of OR-Tools. Its prices of everybody's time prove the bound, reckoned anew in whole numbers, so
that nothing hangs on how floats were rounded; and they say which few are worth a look for each task.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from backend.planning.allocation.problem import Work

WORTH = 5
"""So many of those who can do a task are looked at."""
FINE = 10**6
"""Prices are whole millionths of a point."""


@dataclass(frozen=True)
class Relaxed:
    """What is known without whole tasks: nothing is below `bound`."""

    bound: int
    busiest: int
    """What the busiest would have to do."""
    a_price: float
    """What a millionth of a dollar weighs in points, where the budget is short."""
    worth: tuple[tuple[int, ...], ...]
    """By task who suits it best, the best first."""


@dataclass(frozen=True)
class _Prices:
    """What a tick of somebody weighs by load and by the end, and a millionth of a dollar by the budget."""

    load: tuple[int, ...]
    end: tuple[int, ...]
    money: int

    def of(self, work: Work, n: int, m: int) -> int:
        """A task with somebody, in millionths of a point."""
        pair, ticks = work.pairs[n, m], work.tasks[n].ticks
        return pair.points * FINE + pair.price * self.money + (self.load[m] + self.end[m]) * ticks


def relaxed(work: Work) -> Relaxed | None:
    """None where GLOP has no answer; whether there is none is for others to prove."""
    program = _Program(work)
    found = program.solved()
    if found is None:
        return None
    prices, shares = found
    reduced = {(n, m): prices.of(work, n, m) for n, m in work.pairs}
    worth = tuple(
        tuple(sorted(able, key=lambda m: (-round(shares[n, m], 6), reduced[n, m], m))[:WORTH])
        for n, able in enumerate(work.able)
    )
    return Relaxed(_bound(work, prices, reduced), program.busiest, prices.money / FINE, worth)


def _bound(work: Work, prices: _Prices, reduced: Mapping[tuple[int, int], int]) -> int:
    """Whatever the prices are, as long as none is below 0 and together they weigh no more than load and end do."""
    found = sum(min(reduced[n, m] for m in able) for n, able in enumerate(work.able))
    found -= prices.money * (work.budget or 0)
    rest = work.points_time * FINE
    for m, worker in enumerate(work.workers):
        found += prices.load[m] * worker.load + prices.end[m] * worker.at_once * work.free_for_all(m)
        rest -= prices.end[m] * worker.at_once
    return -(-(found + rest * (work.longest_path if rest >= 0 else work.latest)) // FINE)


class _Program:
    """One linear program; `Any` stands for the solver's values, which have no types."""

    busiest = 0

    def __init__(self, work: Work) -> None:
        self._work = work
        self._solver: Any = import_module("ortools.linear_solver.pywraplp").Solver.CreateSolver("GLOP")
        none: Any = self._solver.infinity()
        self._end: Any = self._solver.NumVar(work.longest_path, work.latest, "")
        self._most: Any = self._solver.NumVar(0, none, "")
        self._loads: list[Any] = []
        self._ends: list[Any] = []
        for m, worker in enumerate(work.workers):
            self._loads.append(self._solver.Constraint(worker.load, none))
            self._loads[-1].SetCoefficient(self._most, worker.at_once)
            self._ends.append(self._solver.Constraint(worker.at_once * work.free_for_all(m), none))
            self._ends[-1].SetCoefficient(self._end, worker.at_once)
        self._budget: Any = self._solver.Constraint(-none, none if work.budget is None else work.budget)
        self._shares: dict[tuple[int, int], Any] = {}
        for n in range(len(work.tasks)):
            self._task(n)

    def _task(self, n: int) -> None:
        """All of it is done, by one or in parts."""
        work, ticks = self._work, self._work.tasks[n].ticks
        whole: Any = self._solver.Constraint(1, 1)
        for m in work.able[n]:
            share: Any = self._solver.NumVar(0, 1, "")
            self._shares[n, m] = share
            whole.SetCoefficient(share, 1)
            self._loads[m].SetCoefficient(share, -ticks)
            self._ends[m].SetCoefficient(share, -ticks)
            if work.budget is not None:
                self._budget.SetCoefficient(share, work.pairs[n, m].price)

    def solved(self) -> tuple[_Prices, dict[tuple[int, int], float]] | None:
        """Prices, and who does which part of what."""
        work = self._work
        aim: Any = self._solver.Objective()
        aim.SetCoefficient(self._most, work.points_load)
        aim.SetCoefficient(self._end, work.points_time)
        for pair, share in self._shares.items():
            aim.SetCoefficient(share, work.pairs[pair].points)
        aim.SetMinimization()
        if self._solver.Solve() != self._solver.OPTIMAL:
            return None
        self.busiest = round(self._most.solution_value())
        crowd = [max(each.dual_value(), 0.0) for each in self._loads]
        ends = tuple(int(max(each.dual_value(), 0.0) * FINE) for each in self._ends)
        weigh = sum(price * worker.at_once for price, worker in zip(crowd, work.workers, strict=True))
        fair = min(1.0, work.points_load / weigh) if weigh else 1.0
        load = tuple(int(price * fair * (1 - 1e-9) * FINE) for price in crowd)
        money = int(max(-self._budget.dual_value(), 0.0) * FINE)
        return _Prices(load, ends, money), {pair: one.solution_value() for pair, one in self._shares.items()}
