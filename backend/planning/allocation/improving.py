"""Makes a large allocation better step by step: a task goes to somebody else, or two that have them change their tasks.

The search of the solver is good at the bound and at small problems; this is what it lacks for large ones. Steps are counted,
not timed: the same input takes the same way on every machine.
"""

from collections.abc import Iterator, Sequence

from backend.planning.allocation import timeline
from backend.planning.allocation.problem import Work

ROUNDS = 25
Change = tuple[tuple[int, int], ...]
"""Tasks with who shall have them."""


def improved(work: Work, who: Sequence[int], rounds: int = ROUNDS) -> list[int]:
    """Never worse, and in time if `who` is."""
    state = _State(work, who)
    for _ in range(rounds):
        ranked = sorted((gain, change) for change in state.changes() if (gain := state.gain(change)) < 0)
        taken = sum(state.gain(change) < 0 and state.take(change) for _, change in ranked)
        if not taken:
            break
    return state.who


class _State:
    """An allocation with the load of everybody, so that a change is weighed without counting anew."""

    def __init__(self, work: Work, who: Sequence[int]) -> None:
        self.who = list(who)
        self._work = work
        self._loads = work.loads(who)
        self._price = work.price(who)
        end = timeline.end(work, timeline.listed(work, who))
        self._in_time = work.deadline is not None and end <= work.deadline

    def changes(self) -> Iterator[Change]:
        """Every task to everybody else who can; and tasks of whoever is busiest against those of others."""
        work, who = self._work, self.who
        for n, able in enumerate(work.able):
            for m in able:
                if m != who[n]:
                    yield ((n, m),)
        busiest = max(range(len(work.workers)), key=lambda m: (self._crowd(m), m))
        for n in [n for n, m in enumerate(who) if m == busiest]:
            for k, other in enumerate(who):
                if other != busiest and (n, other) in work.pairs and (k, busiest) in work.pairs:
                    yield ((n, other), (k, busiest))

    def gain(self, change: Change) -> int:
        """Points more; fewer are better. Time is left out: it is looked at when a change is taken."""
        work, who = self._work, self.who
        more = sum(work.pairs[n, m].points - work.pairs[n, who[n]].points for n, m in change)
        dearer = sum(work.pairs[n, m].price - work.pairs[n, who[n]].price for n, m in change)
        if work.budget is not None and dearer > 0 and self._price + dearer > work.budget:
            return 0
        moved: dict[int, int] = {}
        for n, m in change:
            ticks = work.tasks[n].ticks
            moved[who[n]] = moved.get(who[n], 0) - ticks
            moved[m] = moved.get(m, 0) + ticks
        rest = next((crowd for crowd, m in self._crowded() if m not in moved), 0)
        after = max(rest, *(self._crowd(m, ticks) for m, ticks in moved.items()))
        return more + work.points_load * (after - self._crowded()[0][0])

    def take(self, change: Change) -> bool:
        """Do it, unless what was in time would be late."""
        before = [(n, self.who[n]) for n, _ in change]
        self._put(change)
        if self._in_time:
            end = timeline.end(self._work, timeline.listed(self._work, self.who))
            if self._work.deadline is not None and end > self._work.deadline:
                self._put(tuple(before))
                return False
        return True

    def _put(self, change: Change) -> None:
        work = self._work
        for n, m in change:
            self._loads[self.who[n]] -= work.tasks[n].ticks
            self._loads[m] += work.tasks[n].ticks
            self._price += work.pairs[n, m].price - work.pairs[n, self.who[n]].price
            self.who[n] = m
        self._top = None

    _top: list[tuple[int, int]] | None = None

    def _crowded(self) -> list[tuple[int, int]]:
        """The three busiest: two of them may be those of a change."""
        if self._top is None:
            each = sorted(((self._crowd(m), m) for m in self._loads), reverse=True)
            self._top = each[:3]
        return self._top

    def _crowd(self, m: int, more: int = 0) -> int:
        return -(-(self._loads[m] + more) // self._work.workers[m].at_once)
