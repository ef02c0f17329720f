"""The picture of a diagram holds what the canvas shows, and nothing that people typed gets out of its texts."""

from xml.etree import ElementTree

import pytest
from pydantic import ValidationError

from backend.nodes import registry
from backend.workflows import pictures, sheet, thumbnail
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram, Node, Position, Wire
from tests.backend.workflows.kinds import KINDS

SVG = "{http://www.w3.org/2000/svg}"


def drawn(diagram: Diagram) -> ElementTree.Element:
    return ElementTree.fromstring(sheet.svg(diagram, KINDS))  # noqa: S314 - our own text


def words(root: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_names_ports_wires_and_containers_are_drawn_at_their_places() -> None:
    diagram = Diagram(
        name="A & B",
        nodes=(
            Node(id="start", kind="start"),
            Node(id="test", kind="test", name="Rich?", position=Position(x=300)),
            Node(id="box", kind="map", name="Each", position=Position(x=700), size=(500, 260)),
            Node(id="inner", kind="say", name="Inner", parent="box", position=Position(x=40, y=80)),
            Node(id="odd", kind="nobody_knows", name="Odd", position=Position(y=400)),
        ),
        wires=(
            Wire(source="start", target="test"),
            Wire(source="test", source_port="yes", target="box", label="more than 100"),
            Wire(source="odd", source_port="loud", target="box"),
        ),
    )
    root = drawn(diagram)
    assert root.findtext(f"{SVG}title") == "A & B"
    assert {"Start", "Rich?", "yes", "no", "Each", "Inner", "Odd", "loud", "more than 100"} <= set(
        words(root)
    )
    assert len([p for p in root.iter(f"{SVG}path") if p.get("marker-end")]) == 3
    assert root.get("viewBox") == "-32 -32 1264 571"
    inner = next(text for text in root.iter(f"{SVG}text") if text.text == "Inner")
    assert (inner.get("x"), inner.get("y")) == ("786", "108")


def test_hostile_words_stay_words() -> None:
    hostile = '</text><script>alert(1)</script>"\x07'
    root = drawn(Diagram(name=hostile.replace("\x07", ""), nodes=(Node(id="a", kind="say", name=hostile),)))
    assert [one.tag for one in root.iter(f"{SVG}script")] == []
    assert words(root)[0].startswith("</text><script>")


def test_nothing_and_containers_inside_themselves_are_drawn_too() -> None:
    assert words(drawn(Diagram())) == []
    odd = Diagram(nodes=(Node(id="a", kind="map", parent="b"), Node(id="b", kind="map", parent="a")))
    assert len(words(drawn(odd))) == 2


def test_a_great_many_nodes_of_unknown_kinds_and_ports_and_bodies_in_bodies_are_drawn() -> None:
    """Each of these took minutes when every node looked at every wire, or every body at all around it."""
    nodes = [Node(id=f"n{n}", kind="gone") for n in range(4_000)]
    wires = [Wire(source="n0", source_port=f"p{n}", target=f"n{n}") for n in range(1, 4_000)]
    hub = drawn(Diagram(nodes=tuple(nodes), wires=tuple(wires)))
    assert {"p1", "p3999"} <= set(words(hub))
    inside = [Node(id=f"n{n}", kind="map", parent=f"n{n - 1}" if n else None) for n in range(10_000)]
    assert len(words(drawn(Diagram(nodes=tuple(inside))))) == 10_000


@pytest.mark.usefixtures("shipped_kinds")
def test_a_note_of_one_endless_word_is_drawn_as_far_as_it_is_seen() -> None:
    endless = Node(id="note", kind="note", config={"text": "x" * 2_000_000}, size=(1e9, 1e9))
    shown = sheet.svg(Diagram(nodes=(endless,)), registry.all_kinds())
    assert 1_000 < len(shown) < 20_000


def test_a_small_picture_stays_small_whatever_it_shows() -> None:
    flat = thumbnail.svg(Diagram(nodes=(Node(id="a", kind="start", size=(0, 0)),)), KINDS)
    assert ElementTree.fromstring(flat) is not None  # noqa: S314 - our own text
    many = tuple(Node(id=f"n{n}", kind="say", position=Position(x=n)) for n in range(10_000))
    wires = tuple(Wire(source=f"n{n}", target=f"n{n + 1}") for n in range(9_999))
    large = ElementTree.fromstring(thumbnail.svg(Diagram(nodes=many, wires=wires), KINDS))  # noqa: S314
    assert 500 < len(large) <= 2 * thumbnail.MOST


def test_pictures_are_kept_within_their_room_and_of_each_thing_the_newest() -> None:
    kept = pictures.Drawn(room=100)
    for number in range(5):
        kept.keep("one", number, pictures.Picture("x" * 30, f"{number}"))
    kept.keep("two", 0, pictures.Picture("x" * 60, "two"))
    assert kept.get("one", 3) is None
    assert kept.get("one", 4) is not None
    kept.keep("three", 0, pictures.Picture("x" * 60, "three"))
    found = [kept.get(name, number) is not None for name, number in (("one", 4), ("two", 0), ("three", 0))]
    assert found == [True, False, True], "nobody asked for the second one any more"


@pytest.mark.parametrize("number", ["inf", "nan"])
def test_a_node_stands_at_a_number(number: str) -> None:
    with pytest.raises(ValidationError):
        Node(id="a", kind="note", size=(float(number), 10))


def test_bodies_that_hold_each_other_are_found_wherever_the_search_begins() -> None:
    parents = {"a": "b", "b": "c", "c": "b", "d": "a", "e": "e", "f": None, "g": "nowhere"}
    for order in (list(parents), list(reversed(parents))):
        nodes = tuple(Node(id=one, kind="map", parent=parents[one]) for one in order)
        assert Chart(Diagram(nodes=nodes), KINDS).nested_in_itself == {"b", "c", "e"}
