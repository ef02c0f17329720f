"""A diagram of ten thousand nodes: how long its check and its compilation take."""

import time

from backend.engine.compile import compiled
from backend.nodes.registry import all_kinds
from backend.workflows import check
from backend.workflows.diagram import Diagram, Node, Wire
from tests.bench._rows import Row, row

NODES, WIDE = 10_000, 10


async def rows() -> list[Row]:
    """Ten branches side by side, each a long chain whose nodes read the one before."""
    diagram, kinds = drawn(), all_kinds()
    began = time.perf_counter()
    found = check.errors(check.problems(diagram, kinds, frozenset()))
    checked = time.perf_counter()
    assert not found, found[:3]
    compiled(diagram, kinds, version_id="bench")
    done = time.perf_counter()
    against = "fixed limit"
    return [
        row(f"check of a diagram of {NODES:,} nodes", checked - began, "s", 2, against),
        row(f"compilation of a diagram of {NODES:,} nodes", done - checked, "s", 2, against),
    ]


def drawn() -> Diagram:
    """A start, the branches, and an output."""
    inner = [f"n{n}" for n in range(NODES - 2)]
    wires: list[Wire] = []
    nodes = [Node(id="start", kind="start")]
    for n, node_id in enumerate(inner):
        before = "start" if n < WIDE else inner[n - WIDE]
        value = f"{{{{ nodes.{before}.a }}}} and more" if n >= WIDE else "first"
        fields = [{"name": "a", "value": value}]
        nodes.append(Node(id=node_id, kind="set_fields", config={"fields": fields}))
        wires.append(Wire(source=before, target=node_id))
    nodes.append(Node(id="output", kind="output"))
    wires += [Wire(source=node_id, target="output") for node_id in inner[-WIDE:]]
    return Diagram(name="Large", nodes=tuple(nodes), wires=tuple(wires))
