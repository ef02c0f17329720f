"""Whole tasks from a relaxed answer: nobody shall have more than some measure, and tasks change hands until nothing gets better.

A task goes to somebody else, and one of theirs goes on to a third or back: moves that the sums alone cannot make one by one when all
who suit are full. Several measures are tried. Everything is counted, not timed: the same input takes the same way on every machine.
"""

from collections.abc import Iterator

from backend.planning.allocation.problem import Work
from backend.planning.allocation.relaxing import Relaxed

MEASURES = (1.02, 1.04, 1.01, 1.0)
"""Parts of what the busiest has in the relaxed answer, by how often they do best."""
DEAR = 30
"""What a tick over the measure weighs, in ticks of load that are shared by all."""
ROUNDS = 30
Move = tuple[tuple[int, int], ...]
"""Tasks with who shall have them."""


def filled(work: Work, found: Relaxed) -> Iterator[list[int]]:
    """One allocation for each measure, made when it is asked for."""
    for part in MEASURES:
        yield _Filling(work, found, int(found.busiest * part)).made()


class _Filling:
    """An allocation on its way, with what everybody has left of the measure."""

    def __init__(self, work: Work, found: Relaxed, measure: int) -> None:
        self.who = [each[0] for each in found.worth]
        self._ticks = [task.ticks for task in work.tasks]
        self._free = [one.at_once * measure - one.load for one in work.workers]
        self._mine: list[list[int]] = [[] for _ in work.workers]
        for n, m in enumerate(self.who):
            self._free[m] -= self._ticks[n]
            self._mine[m].append(n)
        self._points = [
            {m: work.pairs[n, m].points + round(found.a_price * work.pairs[n, m].price) for m in each}
            for n, each in enumerate(found.worth)
        ]
        self._dear = DEAR * work.points_load // sum(one.at_once for one in work.workers)

    def made(self) -> list[int]:
        """Best moves of each task in turn, until none has one."""
        for _ in range(ROUNDS):
            if not sum(self._moved(n) for n in range(len(self.who))):
                break
        return self.who

    def _moved(self, n: int) -> bool:
        gain, move = min(self._moves(n), default=(0, ()))
        if gain >= 0:
            return False
        for k, m in move:
            old, self.who[k] = self.who[k], m
            self._free[old] += self._ticks[k]
            self._free[m] -= self._ticks[k]
            self._mine[old].remove(k)
            self._mine[m].append(k)
        return True

    def _moves(self, n: int) -> Iterator[tuple[int, Move]]:
        """Points more, for every way in which the task can leave whoever has it."""
        old, points, ticks = self.who[n], self._points[n], self._ticks[n]
        left = self._more(old, -ticks)
        for m, weighs in points.items():
            if m == old:
                continue
            here = weighs - points[old]
            yield here + left + self._more(m, ticks), ((n, m),)
            for k in self._mine[m]:
                yield from self._passed(n, m, k, here)

    def _passed(self, n: int, m: int, k: int, here: int) -> Iterator[tuple[int, Move]]:
        """The task goes to `m`, and `m` gives `k` away for it."""
        old, ticks, other = self.who[n], self._ticks[n], self._ticks[k]
        here += self._more(m, ticks - other) - self._points[k][m]
        left = self._more(old, -ticks)
        for last, weighs in self._points[k].items():
            if last == old:
                yield here + weighs + self._more(old, other - ticks), ((n, m), (k, old))
            elif last != m:
                yield here + weighs + left + self._more(last, other), ((n, m), (k, last))

    def _more(self, m: int, ticks: int) -> int:
        """What so many ticks more weigh that are over the measure."""
        free = self._free[m]
        return (max(ticks - free, 0) - max(-free, 0)) * self._dear
