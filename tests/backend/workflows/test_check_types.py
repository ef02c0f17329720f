"""What the check says of values: a field that is not there, a type that does not fit; and where it keeps silent."""

from typing import Any

import pytest

from backend.nodes.registry import all_kinds
from backend.workflows import check, templates
from backend.workflows.diagram import Diagram, Node, Wire

FIELDS = {"fields": [{"name": "rows", "type": "json"}, {"name": "title", "type": "text"}]}


def told(kind: str, config: dict[str, Any], **classify: Any) -> list[tuple[str, str, str]]:
    """The problems of values in a node behind a Classify behind a Start with fields."""
    labels = {"labels": [{"name": "a", "examples": ["x"]}, {"name": "b", "examples": ["y"]}], "text": "t"}
    nodes = (
        Node(id="start", kind="start", config=FIELDS),
        Node(id="sort", kind="classify", name="Sort", config=labels, **classify),
        Node(id="all", kind="map_list", config={"items": "input.rows"}),
        Node(id="last", kind=kind, name="Last", config=config),
    )
    wires = (
        Wire(source="start", target="sort"), Wire(source="start", target="all"),
        Wire(source="sort", source_port="a", target="last"), Wire(source="all", target="last"),
    )  # fmt: skip
    found = check.problems(Diagram(nodes=nodes, wires=wires), all_kinds())
    return [(p.code, p.place, p.severity) for p in found if p.code in ("type_mismatch", "unknown_field")]


@pytest.mark.parametrize("items", ["input.title", "nodes.sort", "nodes.sort.score", " nodes.sort.scores "])
def test_a_list_is_wanted_and_something_else_is_given(items: str) -> None:
    assert told("map_list", {"items": items}) == [("type_mismatch", "nodes.last.config.items", "error")]


@pytest.mark.parametrize("items", ["input.rows", "input", "input.more", "nodes.all", "nodes.sort.scores.a", "[input.title]"])  # fmt: skip
def test_what_fits_or_cannot_be_known_is_let_be(items: str) -> None:
    assert told("map_list", {"items": items}) == []


def test_a_field_that_no_node_gives_is_named_where_it_is_read() -> None:
    mail = {"fields": [{"name": "text", "value": "{{ nodes.sort.lable | upper }} {{ nodes.sort.label }}"}]}
    assert told("output", mail) == [("unknown_field", "nodes.last.config.fields[0].value", "warning")]
    [problem] = [
        p for p in check.problems(_with(mail), all_kinds()) if p.code == "unknown_field"
    ]  # fmt: skip
    assert "lable" in problem.message
    assert "label, best" in problem.message


@pytest.mark.parametrize("other", [{"pinned": {"lable": 1}}, {"disabled": True}, {"on_error": "default"}])
def test_a_node_that_gives_something_else_than_its_kind_is_not_judged(other: dict[str, Any]) -> None:
    assert told("output", {"fields": [{"name": "text", "value": "{{ nodes.sort.lable }}"}]}, **other) == []


def test_no_template_reads_what_is_not_there() -> None:
    for one in templates.all_():
        found = check.problems(one.diagram, all_kinds())
        assert [p for p in found if p.code in ("type_mismatch", "unknown_field")] == [], one.name


def _with(config: dict[str, Any]) -> Diagram:
    labels = {"labels": [{"name": "a", "examples": ["x"]}, {"name": "b", "examples": ["y"]}], "text": "t"}
    nodes = (Node(id="sort", kind="classify", config=labels), Node(id="last", kind="output", config=config))
    return Diagram(nodes=nodes, wires=(Wire(source="sort", source_port="a", target="last"),))
