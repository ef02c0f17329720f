"""Allocation: what must hold always, the optimum by trying everything, refusals, and the process of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.planning.allocation import (
    Allocation,
    Candidate,
    CannotAllocate,
    Limits,
    Weights,
    WorkItem,
    allocate,
    relaxing,
)
from backend.planning.allocation.apart import allocate_apart
from backend.planning.allocation.order import ordered
from backend.planning.allocation.problem import SCALE, Work, prepared
from tests.bench.allocation import drawn

ANN = Candidate("ann", {"law": 0.9}, cost_per_hour=Decimal(60), name="Ann")
BEN = Candidate("ben", {"law": 0.6, "sums": 0.8}, cost_per_hour=Decimal(6), name="Ben")


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[WorkItem], list[Candidate], Limits]:
    """Up to four tasks and three candidates who can at least one thing each."""
    names = ["x", "y"]
    people = [
        Candidate(
            f"c{n}",
            {name: draw(st.sampled_from([0.4, 0.7, 1.0])) for name in names},
            draw(st.sampled_from([0, 5, 90])),
            Decimal(draw(st.integers(0, 400))),
            draw(st.integers(1, 2)),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    items: list[WorkItem] = []
    for n in range(draw(st.integers(1, 4))):
        needs = tuple(item.id for item in items if draw(st.integers(0, 3)) == 0)
        asked = {draw(st.sampled_from(names)): draw(st.sampled_from([0.3, 0.5]))}
        best = max(one.capabilities[name] for one in people for name in asked)
        items.append(
            WorkItem(f"t{n}", draw(st.integers(1, 20)), {k: min(v, best) for k, v in asked.items()}, needs)
        )
    weights = Weights(load=draw(st.sampled_from([0.0, 0.5])), time=draw(st.sampled_from([0.0, 0.25, 3.0])))
    deadline = draw(st.one_of(st.none(), st.integers(20, 80)))
    return items, people, Limits(deadline, draw(st.one_of(st.none(), st.just(Decimal("1.5")))), weights)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(problems())
def test_a_small_problem_is_solved_as_well_as_by_trying_everything(
    given_: tuple[list[WorkItem], list[Candidate], Limits],
) -> None:
    items, people, limits = given_
    work = prepared(*ordered(items, people, limits), limits)
    best, relaxed = tried(work), relaxing.relaxed(work)
    if best is not None:
        assert relaxed is not None
        assert relaxed.bound <= best
    if best is None:
        with pytest.raises(CannotAllocate):
            allocate(items, people, limits)
        return
    found = allocate(items, people, limits)
    kept(items, people, limits, found)
    assert found.gap == 0
    assert round(found.score * SCALE) == best
    assert found == allocate(list(reversed(items)), list(reversed(people)), limits)


def tried(work: Work) -> int | None:
    """The least points of all timelines in which nothing could begin earlier."""
    ends = [
        work.score(who, end)
        for who in product(*work.able)
        if work.budget is None or work.price(who) <= work.budget
        for end in every_end(work, who)
        if work.deadline is None or end <= work.deadline
    ]
    return min(ends, default=None)


def every_end(work: Work, who: Sequence[int]) -> Iterator[int]:
    """Tasks are put one after the other, in each order that is possible."""
    for row in permutations(range(len(work.tasks))):
        ends: dict[int, int] = {}
        lanes = [[worker.free_from] * worker.at_once for worker in work.workers]
        for n in row:
            task, free = work.tasks[n], lanes[who[n]]
            if any(m not in ends for m in task.before):
                break
            first = max([min(free), task.head, *(ends[m] for m in task.before)])
            ends[n] = free[free.index(min(free))] = first + task.ticks
        else:
            yield max(ends.values())


def kept(items: Sequence[WorkItem], people: Sequence[Candidate], limits: Limits, found: Allocation) -> None:
    """Order, capabilities, what is done at once, load, deadline, budget: looked at without the solver's model."""
    who = {one.id: one for one in people}
    at = {each.task: each for each in found.assignments}
    assert set(at) == {item.id for item in items}
    for item in items:
        mine = at[item.id]
        can = who[mine.candidate]
        assert all(can.capabilities.get(name, 0) >= level for name, level in item.capabilities.items())
        assert mine.end - mine.start == pytest.approx(item.seconds)
        assert mine.start >= can.load_seconds / can.at_once - 0.001
        assert all(at[name].end <= mine.start + 0.001 for name in item.needs)
        during = [each for each in found.assignments if each.candidate == can.id]
        beside = [each for each in during if each.start <= mine.start + 1e-6 < each.end - 1e-3]
        assert len(beside) <= can.at_once
    assert found.cost == sum(each.cost for each in found.assignments)
    assert limits.budget is None or found.cost <= limits.budget
    assert limits.deadline_seconds is None or found.makespan <= limits.deadline_seconds
    assert found.bound <= found.score
    assert [reason.task for reason in found.reasons if not reason.text] == []


@pytest.mark.parametrize(("factor", "budget"), [(None, None), (1.1, None), (1.1, Decimal(1300))])
def test_a_large_problem_keeps_to_everything_and_comes_near_the_bound(
    factor: float | None, budget: Decimal | None
) -> None:
    items, people = drawn(seed=4, tasks=120, agents=30)
    limits = Limits(budget=budget)
    if factor:
        work = prepared(*ordered(items, people, limits), limits)
        limits = replace(limits, deadline_seconds=float(work.longest_path * work.tick) * factor)
    found = allocate(items, people, limits)
    kept(items, people, limits, found)
    assert found.gap <= 0.02


def test_who_is_busy_for_long_with_other_work_is_simply_not_asked() -> None:
    busy = replace(BEN, load_seconds=36_000)
    found = allocate([WorkItem("a", 600, {"law": 0.5})], [ANN, busy], Limits(deadline_seconds=900))
    assert [one.candidate for one in found.assignments] == ["ann"]


def test_reasons_are_figures_of_the_chosen_and_the_next_best() -> None:
    item = WorkItem("read", 3600, {"law": 0.5})
    found = allocate([item], [ANN, BEN], Limits(weights=Weights(cost=0)))
    (reason,) = found.reasons
    assert reason.chosen.candidate == "ann"
    assert reason.runner_up is not None
    assert (reason.runner_up.candidate, reason.runner_up.cost) == ("ben", Decimal(6))
    said = "Ann is better (0.90 against 0.60) than Ben, the next best; Ben would be cheaper ($6 against $60)."
    assert reason.text == said
    assert (
        allocate([item], [ANN, BEN], Limits(weights=Weights(proficiency=0))).assignments[0].candidate == "ben"
    )


@pytest.mark.parametrize(
    ("items", "limits", "limit", "said"),
    [
        (
            [WorkItem("a", 9, {"law": 0.95})],
            Limits(),
            "capability",
            "the most that anybody can is 0.90 (Ann)",
        ),
        ([WorkItem("a", 9, {"law": 0.7, "sums": 0.7})], Limits(), "capability", "nobody can all of it"),
        ([WorkItem("a", 9, needs=("b",))], Limits(), "input", "“a” needs “b”, which is not there"),
        (
            [WorkItem("a", 9, needs=("b",)), WorkItem("b", 1, needs=("a",))],
            Limits(),
            "input",
            "wait for each",
        ),
        ([WorkItem("a", 9, only=("cy",))], Limits(), "capability", "“a” needs cy, who is not there"),
        ([WorkItem("a", -1)], Limits(), "input", "The length of “a” is -1"),
        (
            [WorkItem("a", 60), WorkItem("b", 90, needs=("a",))],
            Limits(deadline_seconds=100),
            "deadline",
            "“a” → “b” take until 2.5 min; the deadline is 1.7 min.",
        ),
        (
            [WorkItem(name, 60, {"sums": 0.5}) for name in "ab"],
            Limits(deadline_seconds=100),
            "deadline",
            "2 min is possible",
        ),
        (
            [WorkItem("a", 3600, {"sums": 0.5})],
            Limits(budget=Decimal(5)),
            "budget",
            "cost at least $6; the budget is $5",
        ),
        (
            [WorkItem(name, 3600, {"law": 0.5}) for name in "ab"],
            Limits(deadline_seconds=3600, budget=Decimal(20)),
            "deadline and budget",
            "in that time they cost about $66",
        ),
    ],
)
def test_what_cannot_be_says_which_limit_and_what_would_do(
    items: list[WorkItem], limits: Limits, limit: str, said: str
) -> None:
    with pytest.raises(CannotAllocate) as refused:
        allocate(items, [ANN, BEN], limits)
    assert refused.value.limit == limit
    assert said in refused.value.message
    assert refused.value.fix
    if limit == "deadline":
        assert refused.value.task in {"a", "b"}


async def test_a_process_of_its_own_answers_the_same() -> None:
    items, people = drawn(seed=2, tasks=12, agents=4)
    assert await allocate_apart(items, people) == allocate(items, people)
    with pytest.raises(CannotAllocate, match="needs “flying”") as refused:
        await allocate_apart([WorkItem("a", 9, {"flying": 0.5})], people)
    assert (refused.value.task, refused.value.capability) == ("a", "flying")


def test_nothing_to_do_is_done_at_once() -> None:
    assert allocate([], [ANN]).assignments == ()
