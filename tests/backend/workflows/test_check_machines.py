"""What is wrong with state machines is told at the state or the transition, and a sound one survives a file."""

from typing import Any

import pytest

from backend.core.errors import Problem
from backend.nodes.registry import all_kinds
from backend.workflows import check, file, file_write
from backend.workflows.diagram import Diagram, Node, Wire

pytestmark = pytest.mark.usefixtures("environment")


def state(name: str, *transitions: dict[str, Any] | str, parent: str | None = "m", **config: Any) -> Node:
    listed = [{"name": one} if isinstance(one, str) else one for one in transitions]
    return Node(id=name, kind="state", parent=parent, config={"transitions": listed, **config})


def wire(text: str) -> Wire:
    source, _, target = text.partition(">")
    source, _, port = source.partition(".")
    return Wire(source=source, source_port=port or "out", target=target)


def around(*nodes: Node, wires: str = "") -> Diagram:
    kept = (
        Node(id="start", kind="start"),
        Node(id="m", kind="state_machine"),
        Node(id="output", kind="output"),
    )
    listed = ["start>m", "m>output", *wires.split()]
    return Diagram(name="Machine", nodes=(*kept, *nodes), wires=tuple(map(wire, listed)))


def sound() -> Diagram:
    """A cycle, a wire from a state to itself, entry and exit, references to the result of an earlier visit."""
    text = {"name": "text", "value": "{{ nodes.check }} {{ event.data.text }} {{ previous }}"}
    return around(
        state("draft", "done", initial=True),
        Node(id="write", kind="set_fields", parent="draft", config={"fields": [text]}),
        Node(id="leaving", kind="on_exit", parent="draft"),
        Node(id="tidy", kind="set_fields", parent="draft", config={"fields": [text]}),
        state(
            "check",
            {"name": "good", "event": "checked", "guard": "event.data.score > 3"},
            {"name": "bad", "event": "checked"},
            {"name": "again", "event": "again"},
            {"name": "late", "after": 60.0},
        ),
        state("end", final=True),
        wires="leaving>tidy draft.done>check check.good>end check.bad>draft check.again>check check.late>end",
    )


def told(diagram: Diagram) -> list[Problem]:
    return check.problems(diagram, all_kinds(), set())


def test_a_sound_machine_with_cycles_has_no_problems() -> None:
    assert told(sound()) == []


def test_a_machine_survives_yaml_and_json() -> None:
    for text in (file_write.to_yaml(sound()), file_write.to_json(sound())):
        assert file.read(text) == sound()


GUARDED = {"name": "go", "guard": "previous.x"}


@pytest.mark.parametrize(
    ("diagram", "code", "node_id"),
    [
        (around(), "no_initial_state", "m"),
        (around(state("a", final=True)), "no_initial_state", "m"),
        (around(state("a", initial=True, final=True), state("b", initial=True, final=True)), "two_initial_states", "b"),
        (around(state("a", initial=True, final=True), state("b", final=True)), "unreached_state", "b"),
        (around(state("a", "go", initial=True), wires="a.go>a"), "no_final_state", "m"),
        (around(state("a", "go", initial=True), state("b", final=True)), "transition_to_nowhere", "a"),
        (around(state("a", initial=True), state("b", final=True)), "dead_end_state", "a"),
        (around(state("a", "go", initial=True), state("b", final=True), state("c", final=True), wires="a.go>b a.go>c"),
         "ambiguous_transition", "a"),
        (around(state("a", "go", "then", initial=True), state("b", final=True), wires="a.go>b a.then>b"),
         "transition_never_tried", "a"),
        (around(state("a", "go", {"name": "on", "event": "x"}, initial=True), state("b", final=True), wires="a.go>b a.on>b"),
         "transition_never_tried", "a"),
        (around(state("a", initial=True, final=True), state("b", final=True, parent=None)), "state_outside", "b"),
        (around(state("a", initial=True, final=True), Node(id="x", kind="set_fields", parent="m")), "not_a_state", "x"),
        (around(state("a", initial=True, final=True), Node(id="x", kind="on_exit")), "exit_outside", "x"),
        (around(state("a", "go", initial=True), state("b", final=True), wires="a.go>output"), "wire_crosses_border", "a"),
        (around(state("a", {"name": "go", "guard": "1 +"}, initial=True), state("b", final=True), wires="a.go>b"), "expression", "a"),
        (around(state("a", {"name": "go", "event": "not a name"}, initial=True)), "setting", "a"),
        (around(state("a", {"name": "go", "event": "x", "after": 3}, initial=True)), "setting", "a"),
        (around(state("a", "go", "go", initial=True)), "setting", "a"),
        (around(state("a", initial=True, final=True), Node(id="x", kind="on_exit", parent="a"),
                Node(id="y", kind="set_fields", parent="a"), Node(id="z", kind="join", parent="a"), wires="x>z y>z"),
         "entry_meets_exit", "z"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(diagram: Diagram, code: str, node_id: str) -> None:
    found = {(problem.code, problem.node_id) for problem in told(diagram)}
    assert (code, node_id) in found


def test_transitions_below_a_guarded_one_are_tried() -> None:
    diagram = around(
        state("a", GUARDED, "then", initial=True), state("b", final=True), wires="a.go>b a.then>b"
    )
    assert told(diagram) == []
