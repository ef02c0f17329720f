"""The rest of a plan is taken apart again: what has begun stays, what it found is read, and nobody is asked twice."""

from typing import Any

import pytest

from backend.planning import drawing, redrawing
from backend.planning.plan import Assignment, Constraints, Goal, Task, TeamPlan
from backend.planning.redrawing import Drawn
from backend.planning.watching.recut import recut
from backend.workflows.diagram import Diagram, Node, Wire


def group(id_: str, parent: str | None = None) -> Task:
    return Task(id=id_, title=id_.title(), kind="group", parent=parent, reason="As before")


def work(id_: str, *needs: str, parent: str | None = "all", **more: Any) -> Task:
    told: dict[str, Any] = {"what": f"Do {id_}.", "done_when": "Done.", "seconds": 10, "tokens": 10}
    return Task(
        id=id_, title=id_.title(), parent=parent, needs=needs, capabilities={"words": 0.5}, **told | more
    )


def plan(*tasks: Task, **limits: Any) -> TeamPlan:
    given = [Assignment(task=one.id, member="ann", start=0, end=1) for one in tasks if one.kind != "group"]
    goal = Goal(text="Answer it", constraints=Constraints(**limits))
    return TeamPlan(goal=goal, title="Answer", source="generic", tasks=tasks, assignments=tuple(given))


OLD = plan(group("all"), work("read"), work("look", "read"), work("write", "look"), work("send", "write"))


def needs(tasks: tuple[Task, ...]) -> dict[str, set[str]]:
    return {task.id: set(task.needs) for task in tasks if task.kind != "group"}


def test_what_is_not_in_the_new_rest_is_dropped_and_what_was_found_is_read_all_the_same() -> None:
    new = [group("all"), work("read"), work("write", "read"), work("tell", "write")]
    found = recut(OLD, {"read", "look"}, new)
    assert needs(found.tasks) == {
        "read": set(), "look": {"read"}, "write": {"read", "look"}, "tell": {"write"}
    }  # fmt: skip
    assert [task.id for task in found.dropped] == ["send"]
    assert {task.id: task.parent for task in found.tasks}["look"] == "all"


def test_another_task_of_the_same_name_is_not_taken_for_what_was_done() -> None:
    found = recut(OLD, {"read"}, [group("all"), work("read", what="Read the law."), work("send", "read")])
    assert needs(found.tasks) == {"read": set(), "read_2": {"read"}, "send": {"read_2"}}


def asking(*tasks: Task) -> TeamPlan:
    """People were asked before it spends money."""
    ask = Task(id="approve_pay", title="Approve: Pay", kind="approval", parent="all", needs=("read",))
    return plan(
        group("all"),
        work("read"),
        ask,
        work("pay", "approve_pay", does=("money",)),
        *tasks,
        approvals=("money",),
    )


@pytest.mark.parametrize(
    ("new", "asked"),
    [
        ([work("pay", "read", does=("money",))], {"approve_pay"}),
        ([work("pay", "read", does=("money",), what="Pay twice.")], {"approve_pay", "approve_pay_2"}),
        ([work("sum", "read"), work("pay", "sum", does=("money",))], {"approve_pay", "approve_pay_2"}),
    ],
    ids=["the same", "another payment", "upon something that nobody has seen"],
)
def test_an_answer_of_people_stands_for_the_very_same_task_alone(new: list[Task], asked: set[str]) -> None:
    found = recut(asking(), {"read", "approve_pay"}, [group("all"), work("read"), *new])
    assert {task.id for task in found.tasks if task.kind == "approval"} == asked
    behind = needs(found.tasks)["pay"]
    assert behind & asked == {max(asked)}


def test_nobody_is_asked_about_what_is_done_and_demands_that_were_met_are_met() -> None:
    before = asking().model_copy(
        update={
            "goal": Goal(text="Pay it", constraints=Constraints(approvals=("money",), demanded=("words",)))
        }
    )
    found = recut(before, {"read", "approve_pay", "pay"}, [group("all"), work("thank")])
    assert needs(found.tasks) == {
        "read": set(), "approve_pay": {"read"}, "pay": {"approve_pay"}, "thank": {"pay"}
    }  # fmt: skip


def drawn(before: TeamPlan) -> tuple[Diagram, dict[str, str]]:
    return drawing.diagram(before, {})


def test_what_has_begun_stands_as_it_was_drawn_and_remarks_stay() -> None:
    run, nodes = drawn(OLD)
    remark = Node(id="remark", kind="note", config={"text": "Mind the law"})
    edited = [
        one.model_copy(update={"config": {**one.config, "task": "My own words"}}) if one.id == "send" else one
        for one in run.nodes
    ]
    run = run.model_copy(update={"nodes": (*edited, remark)})
    after = plan(group("all"), work("read"), work("look", "read"), work("sum", "look"), work("write", "look", "sum"),
                 work("send", "write"))  # fmt: skip
    ids = drawing.named(after, nodes, {node.id for node in run.nodes})
    found = redrawing.redrawn(run, Drawn(OLD, nodes), Drawn(after, ids), {}, ["read", "look"])
    known = {node.id: node for node in run.nodes}
    now = {node.id: node for node in found.nodes}
    assert now.keys() == {"start", "read", "look", "sum", "write", "send", "output", "remark"}
    assert [now[one] for one in ("start", "read", "look")] == [
        known[one] for one in ("start", "read", "look")
    ]
    assert now["send"].config["task"] == "My own words", "nothing has changed for it"
    assert "From “Sum”" in now["write"].config["task"]
    wires = {(wire.source, wire.target) for wire in found.wires}
    assert {
        ("start", "read"),
        ("read", "look"),
        ("look", "sum"),
        ("sum", "write"),
        ("send", "output"),
    } == wires - {("write", "send")}


def test_what_people_drew_among_the_tasks_to_come_is_in_the_way_and_before_them_is_not() -> None:
    run, nodes = drawn(OLD)
    mine = Node(id="mine", kind="set_fields", name="Mine")
    behind = [Wire(source="look", target="mine"), Wire(source="mine", target="write")]
    changed = run.model_copy(update={"nodes": (*run.nodes, mine), "wires": (*run.wires, *behind)})
    assert [one.id for one in redrawing.in_the_way(changed, nodes.values(), ["read", "look"])] == ["mine"]
    assert redrawing.in_the_way(changed, nodes.values(), ["read", "look", "write"]) == []


def test_what_began_although_it_was_dropped_leads_to_the_end() -> None:
    run, nodes = drawn(OLD)
    after = plan(group("all"), work("read"), work("tell", "read"))
    ids = drawing.named(after, nodes, {node.id for node in run.nodes})
    found = redrawing.redrawn(run, Drawn(OLD, nodes), Drawn(after, ids), {}, ["read", "look"])
    ways = {(wire.source, wire.source_port, wire.target) for wire in found.wires}
    assert {
        ("look", "out", "meet"),
        ("look", "limit", "meet"),
        ("tell", "out", "meet"),
        ("meet", "out", "output"),
    } <= ways
