"""A model's answer as a proposal: what it knows nothing of stays, and new nodes find a place."""

from collections.abc import Mapping
from typing import Any

from backend.nodes.kind import Kind
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram, Node, Position
from backend.workflows.foreign import spacing

_STEP_X, _STEP_Y, _LEFT, _TOP = 304.0, 160.0, 40.0, 72.0
_KEPT = ("position", "size", "pinned", "pinned_port", "mock", "note", "group", "locked")


def is_bare(diagram: Diagram, kinds: Mapping[str, Kind]) -> bool:
    """Nothing is drawn yet but what every new workflow begins with."""
    return all(
        (kind := kinds.get(n.kind)) and kind.role in ("start", "end") and not n.config for n in diagram.nodes
    )


def merged(before: Diagram, answer: Diagram, kinds: Mapping[str, Kind]) -> Diagram:
    """The answer with what stays of the diagram: places, test data, notes, samples, remarks of people."""
    known = {node.id: node for node in before.nodes}
    drawn_only = [n for n in before.nodes if (kind := kinds.get(n.kind)) and kind.role in ("note", "group")]
    nodes = [_kept(node, known.get(node.id), kinds) for node in answer.nodes]
    nodes += [node for node in drawn_only if node.id not in {one.id for one in nodes}]
    bare = is_bare(before, kinds)
    whole = before.model_copy(
        update={
            "name": answer.name if bare else before.name,
            "description": answer.description if bare else before.description,
            "nodes": tuple(nodes),
            "wires": tuple({wire.key: wire for wire in answer.wires}.values()),
            "samples": {**before.samples, **answer.samples} if bare else before.samples,
        }
    )
    return placed(whole, set() if bare else known.keys() & {node.id for node in nodes}, kinds)


def _kept(node: Node, old: Node | None, kinds: Mapping[str, Kind]) -> Node:
    """Test data comes from people only; a node that stays keeps where it stands and what was said of it."""
    update: dict[str, Any] = {"pinned": None, "pinned_port": None, "mock": None, "locked": False}
    if old is not None:
        update |= {name: getattr(old, name) for name in _KEPT}
    elif kind := kinds.get(node.kind):
        update["kind_version"] = kind.version
    return node.model_copy(update=update)


def placed(diagram: Diagram, standing: set[str], kinds: Mapping[str, Kind]) -> Diagram:
    """Every node that does not stand yet is put behind those that lead to it; containers take the room of their bodies."""
    chart = Chart(diagram, kinds)
    places = {node.id: node.position for node in diagram.nodes if node.id in standing}
    sizes: dict[str, tuple[float, float] | None] = {}
    for body in _innermost_first(chart):
        for node in _in_order(chart, body):
            if node.id not in places:
                places[node.id] = _free(chart, node, body, places)
        container = chart.parent(body[0].id)
        if container and container not in standing:
            sizes[container] = _around(chart, body, places, sizes)
            chart.nodes[container] = chart.nodes[container].model_copy(update={"size": sizes[container]})
    moved = [
        node.model_copy(update={"position": places[node.id], "size": sizes.get(node.id, node.size)})
        for node in diagram.nodes
    ]
    return diagram.model_copy(update={"nodes": tuple(moved)})


def _innermost_first(chart: Chart) -> list[list[Node]]:
    def depth(node_id: str | None) -> int:
        return 0 if node_id is None else 1 + depth(chart.parent(node_id))

    return [chart.scopes[at] for at in sorted(chart.scopes, key=depth, reverse=True)]


def _in_order(chart: Chart, body: list[Node]) -> list[Node]:
    order = {node_id: number for number, node_id in enumerate(chart.order)}
    return sorted(body, key=lambda node: order.get(node.id, len(order)))


def _free(chart: Chart, node: Node, body: list[Node], places: Mapping[str, Position]) -> Position:
    """Right of the furthest node that leads here, and below whatever stands there already."""
    inside = chart.parent(node.id) is not None
    here = {other.id: places[other.id] for other in body if other.id in places}
    before = [chart.nodes[w.source] for w in chart.incoming[node.id] if w.source in here]
    width, height = spacing.extent(chart, node)
    x = max(
        (here[b.id].x + max(_STEP_X, spacing.extent(chart, b)[0] + 72) for b in before),
        default=_LEFT * inside,
    )
    y = min((here[b.id].y for b in before), default=_TOP * inside)
    while any(_on(here[o.id], spacing.extent(chart, o), (x, y, width, height)) for o in body if o.id in here):
        y += _STEP_Y
    return Position(x=x, y=y)


def _on(at: Position, size: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    x, y, width, height = box
    gap = 24.0
    return (
        at.x < x + width + gap
        and x < at.x + size[0] + gap
        and at.y < y + height + gap
        and y < at.y + size[1] + gap
    )


def _around(
    chart: Chart,
    body: list[Node],
    places: Mapping[str, Position],
    sizes: Mapping[str, tuple[float, float] | None],
) -> tuple[float, float]:
    boxes = [(places[n.id], sizes.get(n.id) or spacing.extent(chart, n)) for n in body]
    right = max(at.x + size[0] for at, size in boxes)
    return right + _LEFT, max(at.y + size[1] for at, size in boxes) + _LEFT
