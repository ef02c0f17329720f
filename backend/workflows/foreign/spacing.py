"""Room for our cards: other tools draw theirs smaller or closer together, so what is imported is drawn apart."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from backend.nodes.registry import all_kinds
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram, Node, Position

_WIDTH, _HEAD, _PORT = 232.0, 76.0, 24.0
_GAP = 40.0
_STRETCHES = (1.0, 1.2, 1.4, 1.6, 1.8)
_COLUMN = 16.0
_FAR = 1_000_000.0

Box = tuple[float, float, float, float]


def spread(diagram: Diagram) -> Diagram:
    """The same drawing with no card on another: stretched as little as that takes; what still overlaps moves down."""
    chart = Chart(diagram, all_kinds())
    moved: dict[str, Node] = {}
    for body in chart.scopes.values():
        sizes = {node.id: extent(chart, node) for node in body}
        moved |= {node.id: node for node in _apart(body, sizes)}
    return diagram.model_copy(update={"nodes": tuple(moved[node.id] for node in diagram.nodes)})


def extent(chart: Chart, node: Node) -> tuple[float, float]:
    """How much room a node takes on the canvas."""
    kind = chart.kind(node)
    if kind and kind.is_container:
        return node.size or (560.0, 280.0)
    ports = chart.ports(node) or ("out",)
    return _WIDTH, _HEAD + (12.0 + len(ports) * _PORT if ports != ("out",) else 0.0)


def overlaps(boxes: Sequence[Box]) -> bool:
    """True where two of them share room."""
    ordered = sorted(boxes)
    for number, (left, top, right, bottom) in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if other[0] >= right:
                break
            if other[1] < bottom and top < other[3] and left < other[2]:
                return True
    return False


def _apart(body: Sequence[Node], sizes: Mapping[str, tuple[float, float]]) -> list[Node]:
    for by in _STRETCHES:
        stretched = [_stretched(node, by) for node in body]
        if not overlaps([_box(node, sizes) for node in stretched if node.kind != "note"]):
            return stretched
    return _moved_down([_stretched(node, _STRETCHES[2]) for node in body], sizes)


def _moved_down(body: Sequence[Node], sizes: Mapping[str, tuple[float, float]]) -> list[Node]:
    """From the top to the bottom, each card below those above it."""
    lowest: dict[int, float] = defaultdict(lambda: -math.inf)
    found: list[Node] = []
    for node in sorted(body, key=lambda one: (one.position.y, one.position.x)):
        if node.kind == "note":
            found.append(node)
            continue
        left, top, right, bottom = _box(node, sizes)
        columns = range(int(left // _COLUMN), int(right // _COLUMN) + 1)
        free = max(top, max(lowest[column] for column in columns))
        lowest.update(dict.fromkeys(columns, free + bottom - top + _GAP))
        found.append(_at(node, left, free))
    return found


def _stretched(node: Node, by: float) -> Node:
    placed = _at(node, _near(node.position.x) * by, _near(node.position.y) * by)
    if node.kind != "note" or node.size is None:
        return placed
    return placed.model_copy(update={"size": (node.size[0] * by, node.size[1] * by)})


def _at(node: Node, x: float, y: float) -> Node:
    place: dict[str, Any] = {"position": Position(x=round(x), y=round(y))}
    return node.model_copy(update=place)


def _near(given: float) -> float:
    """Foreign files may say anything; a place that nobody could scroll to is brought near."""
    return min(_FAR, max(-_FAR, given)) if math.isfinite(given) else 0.0


def _box(node: Node, sizes: Mapping[str, tuple[float, float]]) -> Box:
    (x, y), (width, height) = (node.position.x, node.position.y), sizes[node.id]
    return x, y, x + width, y + height
