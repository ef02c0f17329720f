"""Domains: what is shipped can be taken apart, constraints choose among methods, and what is impossible says where."""

from pathlib import Path
from typing import Any

import pytest

from backend.agents import ready_made
from backend.planning import choosing, demands, domain, staffing
from backend.planning.decompose import Decomposed, decompose
from backend.planning.plan import Constraints, Goal, Member, Task

ALL = (*domain.all_(), domain.get(domain.GENERIC))


def goal(text: str, **constraints: Any) -> Goal:
    return Goal(text=text, constraints=Constraints(**constraints))


def taken(name: str, text: str, **constraints: Any) -> Decomposed:
    return decompose(domain.get(name), goal(text, **constraints))


def ids(done: Decomposed) -> list[str]:
    return [task.id for task in done.tasks if task.kind == "work"]


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_domain_takes_its_own_examples_apart_in_an_order_without_circles(one: domain.Domain) -> None:
    roles = {role.name for role in ready_made.all_()}
    for text in one.examples or ("Paint the fence",):
        done = decompose(one, goal(text))
        assert not done.problems
        known = {task.id: task for task in done.tasks}
        assert len(known) == len(done.tasks) >= 4
        for place, task in enumerate(done.tasks):
            assert task.parent is None or known[task.parent].kind == "group"
            assert all(known[name].kind == "work" for name in task.needs)
            assert {t.id for t in done.tasks[:place]} >= set(task.needs)
            assert task.kind == "group" or (task.role in roles and task.capabilities and task.done_when)
        assert len([task for task in done.tasks if task.parent is None]) == 1
    assert len(one.source) > 20


@pytest.mark.parametrize("one", domain.all_(), ids=lambda one: one.name)
async def test_words_find_the_domain_of_its_examples(one: domain.Domain, nobody_embeds: None) -> None:
    for text in one.examples:
        choice = await choosing.choose(text)
        assert (choice.best, choice.by_meaning) == (one.name, False), choice.ranked[:3]


async def test_a_goal_that_is_like_none_of_them_finds_none(nobody_embeds: None) -> None:
    choice = await choosing.choose("Paint the garden fence green before winter")
    assert choice.best is None
    assert choice.ranked[0].score < choosing.ENOUGH


def test_the_words_of_a_goal_choose_among_methods_and_the_reasons_say_so() -> None:
    plain, refunding = taken("support", "Answer mails"), taken("support", "Answer mails and refund")
    assert ("refund" in ids(plain), "refund" in ids(refunding)) == (False, True)
    told = [reason.text for reason in plain.reasons]
    assert any("“Refund where it is due” needs a goal that speaks of refund" in text for text in told)


def test_what_runs_side_by_side_meets_again() -> None:
    known = {task.id: task for task in taken("content", "Write a post and check it for legal claims").tasks}
    assert known["facts"].needs == known["style"].needs == known["legal"].needs == ("write",)
    assert set(known["revise"].needs) == {"facts", "style", "legal"}


def test_what_is_forbidden_leads_to_another_method_or_is_refused_with_its_place() -> None:
    assert "pay" in ids(taken("documents", "Pay invoices"))
    without = taken("documents", "Pay invoices", forbidden=("money",))
    assert "pay" not in ids(without)
    assert any("“Pay them” needs “money”, which is forbidden" in one.text for one in without.reasons)
    (problem,) = taken("documents", "Pay invoices", forbidden=("Extraction",)).problems
    assert (problem.code, problem.capability) == ("no_method", "extraction")
    assert "Take out the fields" in problem.message


def test_a_short_deadline_chooses_the_short_way() -> None:
    usual, short = taken("research", "Find out"), taken("research", "Find out", deadline_seconds=200)
    assert "doubt" in ids(usual)
    assert ids(short) == ["scope", "published", "write_report"]


def test_approvals_come_before_what_they_are_about() -> None:
    done = taken("support", "Answer mails")
    tasks, told = demands.add(done.tasks, Constraints(approvals=("external", "result"), approval_seconds=60))
    known = {task.id: task for task in tasks}
    assert known["send"].needs == ("approve_send",)
    assert known["approve_send"].needs == ("check",)
    assert (known["approve_send"].kind, known["approve_send"].seconds) == ("approval", 60)
    assert known["approve_result"].needs == ("note",)
    assert "because it reaches outside" in told[0].text


def test_what_is_demanded_and_needed_by_nothing_gets_a_task() -> None:
    done = taken("support", "Answer mails")
    tasks, told = demands.add(done.tasks, Constraints(demanded=("writing", "contract law")))
    known = {task.id: task for task in tasks}
    assert known["bring_in_contract_law"].capabilities == {"contract law": demands.LEVEL}
    assert known["bring_in_contract_law"].needs == ("send",)
    assert "bring_in_contract_law" in known["note"].needs
    assert "needs it anyway" in told[0].text


WORK = (
    Task(id="a", title="Read the law", capabilities={"contract law": 0.6}, role="research", seconds=60),
    Task(id="b", title="Judge it", capabilities={"reviewing": 0.5}, role="critic", seconds=60),
)
ADA = Member(id="A", name="Ada", capabilities={"Review": 0.7, "Contract Law": 0.4})


def test_only_lacking_roles_are_designed_and_the_reason_names_who_comes_nearest() -> None:
    staff = staffing.staff(WORK, [ADA], goal("Judge contracts"))
    (role,) = staff.roles
    assert (role.name, role.from_role, role.capabilities["contract law"]) == ("Researcher", "research", 0.6)
    assert "no agent can do contract law at 60%; ada comes nearest with 40%" in role.reason.lower()
    assert [one.id for one in staff.members] == ["A", "new:research"]
    again = staffing.staff(WORK, [ADA.model_copy(update={"name": "Researcher"})], goal("Judge contracts"))
    assert again.roles[0].name == "Researcher 2"


def test_without_new_agents_the_gap_is_named() -> None:
    staff = staffing.staff(WORK, [ADA], goal("Judge contracts", new_agents=False))
    (problem,) = staff.problems
    assert (problem.task, problem.capability) == ("a", "contract law")


def test_a_file_with_a_mistake_names_it(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(
        "title: Odd\nsentence: s\nsource: s\nroot: a\ntasks: {a: {title: A, methods: [{name: m, steps: [b]}]}}"
    )
    with pytest.raises(ValueError, match=r"odd\.yaml.*b"):
        domain.read(file)
