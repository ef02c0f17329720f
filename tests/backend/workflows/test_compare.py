"""What differs between two diagrams is told by parts and fields."""

from typing import Any

from backend.workflows.compare import Change, FieldChange, changes
from backend.workflows.diagram import Comment, Diagram, Node, Position, Retry, Wire

BEFORE = Diagram(
    name="Before",
    nodes=(
        Node(id="start", kind="start"),
        Node(
            id="say", kind="say", name="Say", config={"text": "Hello", "loud": True}, position=Position(x=200)
        ),
        Node(id="gone", kind="say", name="Gone", config={"text": "Bye"}, position=Position(x=100, y=90)),
        Node(id="box", kind="map", position=Position(x=600), size=(400, 200)),
        Node(id="inner", kind="say", parent="box", position=Position(x=10, y=10)),
    ),
    wires=(Wire(source="start", target="say"), Wire(source="start", target="gone", source_port="no")),
    samples={"one": {"n": 1}},
)


def changed(**nodes: dict[str, Any]) -> Diagram:
    return BEFORE.model_copy(
        update={"nodes": tuple(n.model_copy(update=nodes.get(n.id, {})) for n in BEFORE.nodes)}
    )


def test_equal_diagrams_do_not_differ_and_comments_do_not_count() -> None:
    remark = Comment(id="c1", text="Why?")
    assert changes(BEFORE, BEFORE) == []
    assert changes(BEFORE, BEFORE.model_copy(update={"comments": (remark,)})) == []


def test_whole_numbers_of_a_browser_are_the_numbers_of_the_server_but_true_is_not_1() -> None:
    five, also_five = (
        changed(say={"config": {"n": 5, "l": [5]}}),
        changed(say={"config": {"n": 5.0, "l": [5.0]}}),
    )
    assert changes(five, also_five) == []
    one, true = changed(say={"config": {"n": 1}}), changed(say={"config": {"n": True}})
    assert [c.fields for c in changes(one, true)] == [(FieldChange("config.n", 1, True),)]


def test_settings_are_told_one_by_one_and_a_mere_move_is_no_change() -> None:
    after = changed(
        say={
            "config": {"text": "Hi", "tone": "warm"},
            "retry": Retry(max_attempts=3),
            "position": Position(y=5),
        },
        inner={"position": Position(x=50, y=10)},
        box={"size": (500.0, 200.0)},
    )
    say, box, inner = changes(BEFORE, after)
    assert (say.how, say.id, say.moved) == ("changed", "say", True)
    told = {field.path: (field.before, field.after) for field in say.fields}
    assert told.pop("retry")[1]["max_attempts"] == 3
    assert told == {
        "config.text": ("Hello", "Hi"),
        "config.tone": (None, "warm"),
        "config.loud": (True, None),
    }
    assert [(c.how, c.id, c.moved, [f.path for f in c.fields]) for c in (box, inner)] == [
        ("moved", "box", True, ["size"]),
        ("moved", "inner", True, ["position"]),
    ]


def test_added_and_removed_parts_are_told_from_left_to_right_then_wires_by_name() -> None:
    after = BEFORE.model_copy(
        update={
            "name": "After",
            "nodes": (*(n for n in BEFORE.nodes if n.id != "gone"), Node(id="new", kind="wait", name="New")),
            "wires": (Wire(source="start", target="say", label="always"), Wire(source="say", target="new")),
            "samples": {"two": 2},
        }
    )
    found = changes(BEFORE, after)
    assert [(c.what, c.how, c.name) for c in found] == [
        ("workflow", "changed", "After"),
        ("sample", "removed", "one"),
        ("sample", "added", "two"),
        ("node", "added", "New"),
        ("node", "removed", "Gone"),
        ("wire", "removed", "start → Gone (no)"),
        ("wire", "changed", "start → Say"),
        ("wire", "added", "Say → New"),
    ]
    gone = next(c for c in found if c.id == "gone")
    assert FieldChange("config.text", "Bye", None) in gone.fields
    assert found[0].fields == (FieldChange("name", "Before", "After"),)


def test_a_comparison_turned_around_tells_the_opposite() -> None:
    after = changed(say={"config": {"text": "Hi"}}).model_copy(update={"wires": ()})
    opposite = {"added": "removed", "removed": "added"}

    def turned(change: Change) -> tuple[str, str, set[tuple[str, str, str]]]:
        fields = {(f.path, repr(f.after), repr(f.before)) for f in change.fields}
        return change.id, opposite.get(change.how, change.how), fields

    straight = {
        (c.id, c.how): {(f.path, repr(f.before), repr(f.after)) for f in c.fields}
        for c in changes(BEFORE, after)
    }
    back = {(i, how): fields for i, how, fields in (turned(c) for c in changes(after, BEFORE))}
    assert straight == back


def test_containers_that_contain_each_other_end_the_search_for_their_place() -> None:
    odd = Diagram(nodes=(Node(id="a", kind="map", parent="b"), Node(id="b", kind="map", parent="a")))
    assert [c.id for c in changes(Diagram(), odd) if c.what == "node"] == ["a", "b"]
