"""A diagram as a small picture: its nodes and wires, to scale, in the colours of the palette's sections.

The picture stands in pages, whose style sheet colours it by theme, and in `<img>`, which no style sheet reaches: there
its own attributes count, in middle tones that are seen on light paper as on dark.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from backend.nodes.kind import Kind
from backend.workflows.diagram import Diagram, Node

_Part = TypeVar("_Part")
WIDTH, HEIGHT, MARGIN = 320.0, 132.0, 16.0
NODE_WIDTH, NODE_HEIGHT = 232.0, 72.0
MAX_SCALE = 0.32
MAX_DEPTH = 8
MOST = 1_000
"""Of so many nodes, and of as many wires, more cannot be told apart in so small a picture."""

_INK = "#8b8d98"  # slate 9
_TINTS = {
    "flow": "#8b8d98", "people": "#ffc53d", "ai": "#5b5bd6", "data": "#00a2c7", "integrations": "#12a594",
}  # fmt: skip


def svg(diagram: Diagram, kinds: Mapping[str, Kind]) -> str:
    """Only numbers and our own words go into the text, never anything that people typed."""
    nodes = [node for node in diagram.nodes if node.kind not in ("note", "group")]
    if not nodes:
        return ""
    places = _places(nodes)
    boxes = _fitted(places)
    wires = "".join(
        _wire(boxes[wire.source], boxes[wire.target])
        for wire in _some(diagram.wires)
        if wire.source in boxes and wire.target in boxes
    )
    nodes = _some(nodes)
    frames = "".join(_node(boxes[n.id], kinds.get(n.kind), "frame") for n in nodes if n.size)
    cards = "".join(_node(boxes[n.id], kinds.get(n.kind), "card") for n in nodes if not n.size)
    return _sheet(f"{frames}{wires}{cards}")


def empty() -> str:
    """The picture of a diagram without nodes."""
    return _sheet("")


def _some(parts: Sequence[_Part]) -> Sequence[_Part]:
    return parts[:: len(parts) // MOST + 1]


def _sheet(drawn: str) -> str:
    space = 'xmlns="http://www.w3.org/2000/svg"'
    return f'<svg {space} viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true">{drawn}</svg>'


Box = tuple[float, float, float, float]


def _places(nodes: list[Node]) -> dict[str, Box]:
    """Where each node lies on the sheet; a node of a body counts from its container's corner."""
    known = {node.id: node for node in nodes}

    def corner(node: Node, depth: int = 0) -> tuple[float, float]:
        parent = known.get(node.parent or "")
        if parent is None or depth > MAX_DEPTH:
            return node.position.x, node.position.y
        x, y = corner(parent, depth + 1)
        return x + node.position.x, y + node.position.y

    return {node.id: (*corner(node), *(node.size or (NODE_WIDTH, NODE_HEIGHT))) for node in nodes}


def _fitted(places: Mapping[str, Box]) -> dict[str, Box]:
    left, top = min(box[0] for box in places.values()), min(box[1] for box in places.values())
    right = max(x + width for x, _, width, _ in places.values())
    bottom = max(y + height for _, y, _, height in places.values())
    wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
    scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high, MAX_SCALE)
    dx = (WIDTH - (right - left) * scale) / 2 - left * scale
    dy = (HEIGHT - (bottom - top) * scale) / 2 - top * scale
    return {
        node_id: (x * scale + dx, y * scale + dy, width * scale, height * scale)
        for node_id, (x, y, width, height) in places.items()
    }


def _wire(source: Box, target: Box) -> str:
    x1, y1 = source[0] + source[2], source[1] + source[3] / 2
    x2, y2 = target[0], target[1] + target[3] / 2
    bend = max(abs(x2 - x1) / 2, 6)
    line = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return f'<path d="{line}" fill="none" stroke="{_INK}"/>'


def _node(box: Box, kind: Kind | None, shape: str) -> str:
    section = kind.group.lower() if kind else "flow"
    x, y, width, height = box
    corner = min(4.0, height / 4)
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{corner:.1f}"'
    tint = _TINTS.get(section, _INK)
    paint = f'fill="{tint}" fill-opacity="{0.06 if shape == "frame" else 0.2}" stroke="{tint}"'
    themed = f"--qk-tint:var(--qk-section-{section});--qk-tint-soft:var(--qk-section-{section}-soft)"
    return f'<rect class="{shape}" {place} {paint} style="{themed}"/>'
