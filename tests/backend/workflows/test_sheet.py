"""The picture of a diagram holds what the canvas shows, and nothing that people typed gets out of its texts."""

from xml.etree import ElementTree

from backend.workflows import sheet
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
