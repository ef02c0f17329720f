"""200 tasks for 50 agents: how long the allocation takes, how far from the best it can be, and what greed would give."""

import asyncio
import random
import time
from decimal import Decimal
from statistics import median

from backend.planning.allocation import Candidate, Limits, WorkItem
from backend.planning.allocation.apart import allocate_apart
from backend.planning.allocation.order import ordered
from backend.planning.allocation.problem import SCALE, Work, prepared
from backend.planning.allocation.timeline import end, listed
from tests.bench._rows import Row, row

TASKS, AGENTS, SEEDS = 200, 50, (1, 2, 3, 4, 5)
SKILLS = [f"skill {n}" for n in range(12)]
ROOM = 1.1
"""The deadline as a multiple of the longest chain of tasks."""


async def rows() -> list[Row]:
    """Each seed is another team with other tasks; the bound is what the solver proved."""
    found: list[Row] = []
    for name, room in (("", None), (", with a deadline", ROOM)):
        seconds: list[float] = []
        gaps: list[float] = []
        greed: list[float] = []
        for seed in SEEDS:
            took, gap, worse = await one(seed, room)
            seconds.append(took)
            gaps.append(100 * gap)
            greed.append(100 * worse)
        what = f"allocation of {TASKS} tasks to {AGENTS} agents{name}"
        several = (
            f"{len(SEEDS)} teams, the slowest; median {median(seconds):.2f} s; with the start of its process"
        )
        found.append(row(f"{what}, time", max(seconds), "s", 2, several))
        against = f"the proven bound, the worst of {len(SEEDS)}; median {median(gaps):.2f} %"
        found.append(row(f"{what}, away from the optimum at most", max(gaps), "%", 2, against))
        best = "the same bound, the best of them; it knows no deadline"
        found.append(row(f"{what}, a greedy one instead", min(greed), "%", None, best))
    return found


async def one(seed: int, room: float | None) -> tuple[float, float, float]:
    """Seconds, gap, and the gap of greed."""
    items, people = drawn(seed, TASKS, AGENTS)
    limits = Limits()
    work = prepared(*ordered(items, people, limits), limits)
    if room is not None:
        limits = Limits(deadline_seconds=float(work.longest_path * work.tick) * room)
    began = time.perf_counter()
    found = await allocate_apart(items, people, limits)
    took = time.perf_counter() - began
    if limits.deadline_seconds is not None:
        assert found.makespan <= limits.deadline_seconds
    points = greedy(work) / SCALE
    return took, found.gap, (points - found.bound) / points


def greedy(work: Work) -> int:
    """Each task, the longest first, to whoever makes the score grow least."""
    who = [each[0] for each in work.able]
    loads = {m: worker.load for m, worker in enumerate(work.workers)}
    for n in sorted(range(len(work.tasks)), key=lambda n: -work.tasks[n].ticks):
        ticks = work.tasks[n].ticks

        def grown(m: int, n: int = n, ticks: int = ticks) -> float:
            return work.pairs[n, m].points + work.points_load * (loads[m] + ticks) / work.workers[m].at_once

        who[n] = min(work.able[n], key=grown)
        loads[who[n]] += ticks
    return work.score(who, end(work, listed(work, who)))


def drawn(seed: int, tasks: int, agents: int) -> tuple[list[WorkItem], list[Candidate]]:
    """A team in which everybody can some things, and tasks that hang on earlier ones; each can be done by somebody."""
    luck = random.Random(seed)
    people = [
        Candidate(
            f"agent {n:02}",
            {name: round(luck.uniform(0.3, 1), 2) for name in luck.sample(SKILLS, luck.randint(3, 6))},
            luck.choice([0, 0, 600, 1800, 3600]),
            Decimal(luck.randint(5, 60)),
            luck.choice([1, 1, 1, 2, 3]),
        )
        for n in range(agents)
    ]
    known = sorted({name for one in people for name, level in one.capabilities.items() if level >= 0.6})
    items: list[WorkItem] = []
    for n in range(tasks):
        needs = tuple(item.id for item in items[-30:] if luck.random() < 0.06)[:4]
        asked = {luck.choice(known): round(luck.uniform(0.2, 0.6), 2)}
        items.append(WorkItem(f"task {n:03}", luck.randint(60, 3600), asked, needs))
    return items, people


if __name__ == "__main__":
    print(asyncio.run(rows()))
