"""Who does what and when: within the limits or refused, with slack, loads, and risks that name what helps."""

from typing import Any

import pytest

from backend.planning import domain, making
from backend.planning.decompose import decompose
from backend.planning.plan import PEOPLE, Assignment, Constraints, Goal, Member, TeamPlan

ADA = Member(id="A", name="Ada", capabilities={"Writing": 0.9, "reviewing": 0.8, "research": 0.6, "citing sources": 0.6},
             model="openai:gpt-4o", at_once=2, steps=12, does=("read",))  # fmt: skip
BOB = Member(id="B", name="Bob", capabilities={"analysis": 0.7, "calculation": 0.9, "writing": 0.5},
             model="openai:gpt-4o-mini", at_once=2)  # fmt: skip


pytestmark = pytest.mark.usefixtures("solved_here")


async def planned(
    name: str, text: str, members: tuple[Member, ...] = (ADA, BOB), **constraints: Any
) -> TeamPlan:
    goal = Goal(text=text, constraints=Constraints(**constraints))
    done = decompose(domain.get(name), goal)
    begun = TeamPlan(goal=goal, title="Plan", source="domain", tasks=done.tasks, problems=done.problems)
    return await making.finished(begun, members)


def given(plan: TeamPlan) -> dict[str, Assignment]:
    return {one.task: one for one in plan.assignments}


def codes(plan: TeamPlan) -> set[str]:
    return {risk.code for risk in plan.risks}


async def test_the_timeline_keeps_the_order_and_what_agents_do_at_once() -> None:
    plan = await planned("research", "Compare prices in the market")
    by, tasks = given(plan), {task.id: task for task in plan.work()}
    assert by.keys() == tasks.keys()
    for one in plan.assignments:
        assert all(by[name].end <= one.start for name in tasks[one.task].needs)
        assert sum(o.member == one.member and o.start <= one.start < o.end for o in plan.assignments) <= 2
    assert plan.makespan == max(one.end for one in plan.assignments)
    assert plan.optimal_within is not None


async def test_slack_is_how_late_a_task_may_be_and_the_critical_path_has_none() -> None:
    plan = await planned("research", "Compare prices in the market")
    by = given(plan)
    assert (by["published"].slack, by["published"].critical) == (0, True)
    assert (by["own"].slack, by["figures"].slack) == (90, 60)
    assert by["figures"].start == by["published"].start
    assert set(plan.critical) == {one.task for one in plan.assignments if one.slack == 0}
    length = sum(by[name].end - by[name].start for name in plan.critical)
    assert length == pytest.approx(plan.makespan)


async def test_approvals_are_people_s_and_their_time_counts() -> None:
    plan = await planned("support", "Answer mails and refund", approvals=("money",), approval_seconds=600)
    one = given(plan)["approve_refund"]
    assert (one.member, one.end - one.start) == (PEOPLE, 600)
    assert plan.makespan > 600
    assert {"waits_for_people", "no_tool"} <= codes(plan)
    assert "acts_unasked" in codes(plan), "the reply is sent without being asked"


async def test_reasons_tell_figures_of_the_chosen_and_of_the_next_best() -> None:
    plan = await planned("support", "Answer mails", prefer="cheap")
    draft = given(plan)["draft"]
    assert draft.member == "B"
    assert "Bob" in draft.reason
    assert "Ada" in draft.reason
    assert "$" in draft.reason
    assert given(await planned("support", "Answer mails", prefer="good"))["draft"].member == "A"


@pytest.mark.parametrize(
    ("limits", "code", "words"),
    [
        ({"deadline_seconds": 100}, "deadline", "“Take out the fields”"),
        ({"max_cost": 0.001}, "budget", "$0.001"),
        ({"max_tokens": 100}, "tokens", "100 are allowed"),
        ({"new_agents": False}, "nobody_can", "No agent can do routing at 50%"),
    ],
)
async def test_a_limit_that_cannot_be_kept_is_named_with_the_task(
    limits: dict[str, Any], code: str, words: str
) -> None:
    plan = await planned("documents", "Pay invoices", **limits)
    assert not plan.feasible
    assert plan.problems[0].code == code
    assert words in plan.problems[0].message
    assert plan.problems[0].fix
    assert plan.assignments == ()


async def test_risks_name_who_and_what_helps_and_the_gravest_is_first() -> None:
    loose = await planned("support", "Answer mails and refund")
    assert loose.risks[0].severity == "high"
    assert "spends money, and nobody is asked" in loose.risks[0].message
    assert {"only_one", "weak", "unproven", "acts_unasked"} <= codes(loose)
    assert all(risk.mitigation.endswith(".") for risk in loose.risks)
    tight = await planned("support", "Answer mails", deadline_seconds=loose.makespan)
    assert "deadline_near" in codes(tight)
    unknown = await planned("support", "Answer mails", (ADA.model_copy(update={"model": "openai:none"}), BOB))
    assert "price_unknown" in codes(planned_priced(unknown))


def planned_priced(plan: TeamPlan) -> TeamPlan:
    assert next(one for one in plan.members if one.id == "A").priced is False
    return plan
