"""What people typed gets out of no text of an exported module, and what is too much for one is refused."""

import ast
from itertools import pairwise

import pytest

from backend.core.errors import Invalid
from backend.nodes import registry
from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.langgraph_module import module
from backend.workflows.proposals import remedies
from backend.workflows.proposals.schemas import Failed

pytestmark = pytest.mark.usefixtures("shipped_kinds")
START = Node(id="start", kind="start")
HOSTILE = [
    '"""\nPWN()\n"""',
    '""""""\\',
    "'''\nPWN()\n'''",
    "a'); PWN() #",
    'x"\r\nPWN()\n"',
    "PWN()\\",
    "{PWN()}",
]


def names(diagram: Diagram) -> set[str]:
    tree = ast.parse(module.source(diagram, registry.all_kinds()))
    return {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}


def alone(node: Node) -> Diagram:
    return Diagram(nodes=(START, node), wires=(Wire(source="start", target=node.id),))


@pytest.mark.parametrize("words", HOSTILE)
def test_names_texts_and_ports_stay_texts(words: str) -> None:
    fields = [{"name": "a", "value": words}, {"name": "b", "value": words + "\n{{ input.x }}"}]
    nodes = (
        Node(id="start", kind="start", name=words),
        Node(id="texts", kind="set_fields", name=words, config={"fields": fields}),
        Node(id="gone", kind=words, name=words, config={words: words}),
        Node(id="each", kind="map", name=words, config={"items": "input"}),
        Node(id="inner", kind="gone", name=words, parent="each"),
        Node(
            id="way",
            kind="switch",
            config={"by": "value", "value": "input", "cases": [{"name": "a", "equals": words}]},
        ),
    )
    order = ("start", "texts", "gone", "each", "way")
    wires = tuple(Wire(source=a, target=b) for a, b in pairwise(order))
    drawn = Diagram(name=words, description=words, nodes=nodes, wires=wires)
    assert "PWN" not in names(drawn)


@pytest.mark.parametrize(
    "field", ["input) or PWN() or rule(input", "PWN()", "PWN", "input; PWN()", "input.x') or PWN() or ('"]
)
def test_a_rule_reads_a_field_and_runs_nothing(field: str) -> None:
    rules = {"rows": [{"field": field, "operator": "equals", "value": 1}]}
    by_rules = Node(id="test", kind="condition", config={"by": "rules", "rules": rules})
    assert "PWN" not in names(alone(by_rules))


@pytest.mark.parametrize("source", ["-" * 5000 + "1", "x" + ".a" * 3000, "1" + "+1" * 3000])
def test_code_that_nobody_can_read_is_left_to_be_filled_in(source: str) -> None:
    assert "unknown" in names(alone(Node(id="code", kind="code", config={"source": source})))


def test_too_much_for_a_module_is_refused_in_words() -> None:
    many = tuple(Node(id=f"n{n}", kind="join") for n in range(module.MOST_NODES + 1))
    deep = tuple(
        Node(id=f"n{n}", kind="loop", config={"until": "True"}, parent=f"n{n - 1}" if n else None)
        for n in range(990)
    )
    for nodes in (many, deep):
        with pytest.raises(Invalid):
            module.source(Diagram(nodes=nodes), registry.all_kinds())


@pytest.mark.parametrize("seconds", ["soon", None, [1], -1, {"a": 1}])
def test_a_remedy_for_settings_that_are_wrong_themselves(seconds: object) -> None:
    node = Node(id="ask", kind="http_request", config={"timeout_seconds": seconds})
    _, after = remedies.of(Diagram(nodes=(node,)), Failed(node_id="ask", code="outbound_timeout"))
    assert after.node("ask").config["timeout_seconds"] == 30
