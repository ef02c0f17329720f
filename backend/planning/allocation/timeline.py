"""A timeline for given agents, made at once: whatever can begin first begins, what most hangs on before others.

With a deadline a task goes to somebody else when it would come too late with the one it was given to.
"""

from collections.abc import Sequence

from backend.planning.allocation.problem import Work


def listed(work: Work, who: Sequence[int]) -> list[int]:
    """When each task begins. Keeps order and what agents do at once; knows no deadline."""
    return _List(work, who).made()[1]


def in_time(work: Work, who: Sequence[int]) -> tuple[list[int], list[int]]:
    """Who, changed as little as the deadline needs, and when. The end may still be late."""
    return _List(work, who, work.deadline).made()


def end(work: Work, starts: Sequence[int]) -> int:
    """When the last one ends."""
    return max((start + task.ticks for start, task in zip(starts, work.tasks, strict=True)), default=0)


class _List:
    """A timeline on its way."""

    def __init__(self, work: Work, who: Sequence[int], deadline: int | None = None) -> None:
        self._work, self._who, self._deadline = work, list(who), deadline
        self._free = [[worker.free_from] * worker.at_once for worker in work.workers]
        self._ready = [task.head for task in work.tasks]
        self._missing = [len(task.before) for task in work.tasks]
        self._open = {n for n, count in enumerate(self._missing) if not count}
        self._starts = [0] * len(work.tasks)

    def made(self) -> tuple[list[int], list[int]]:
        """Who and when."""
        while self._open:
            n = min(self._open, key=self._rank)
            if self._deadline is not None and self._start(n, self._who[n]) > self._latest(n):
                self._who[n] = self._instead(n)
            self._put(n)
        return self._who, self._starts

    def _start(self, n: int, m: int) -> int:
        return max(self._ready[n], min(self._free[m]))

    def _latest(self, n: int) -> int:
        task = self._work.tasks[n]
        return (self._deadline or 0) - task.ticks - task.tail

    def _rank(self, n: int) -> tuple[int, int, int]:
        """With a deadline whatever is latest when its agent is awaited must be looked at while others are free."""
        task = self._work.tasks[n]
        first = self._ready[n] if self._deadline is not None else self._start(n, self._who[n])
        return first, -task.tail - task.ticks, n

    def _instead(self, n: int) -> int:
        """Whoever weighs least of those who can begin in time; else whoever can begin first."""
        work, latest = self._work, self._latest(n)
        return min(
            work.able[n],
            key=lambda m: (max(self._start(n, m) - latest, 0), work.pairs[n, m].points, self._start(n, m), m),
        )

    def _put(self, n: int) -> None:
        lanes = self._free[self._who[n]]
        self._starts[n] = self._start(n, self._who[n])
        ended = self._starts[n] + self._work.tasks[n].ticks
        lanes[lanes.index(min(lanes))] = ended
        self._open.remove(n)
        for m in self._work.tasks[n].after:
            self._ready[m] = max(self._ready[m], ended)
            self._missing[m] -= 1
            if not self._missing[m]:
                self._open.add(m)
