"""A diagram as a picture to keep or to send: an SVG with names, kinds, ports and words on wires, as the canvas shows them.

Colours are those of the light canvas, written out: the file is looked at where no style sheet of ours is.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from backend.nodes.kind import Kind
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram, Node, Wire

MARGIN = 32.0
_WIDTH, _HEAD, _ROWS, _ROW, _FOOT = 232.0, 23.0, 73.0, 24.0, 10.0
_HEIGHT = 70.0
_FRAMES = {"machine": (880.0, 440.0), "state": (288.0, 168.0)}
_FRAME, _NOTE = (560.0, 280.0), (240.0, 120.0)
_CONTAINERS = frozenset({"map", "loop", "saga", "machine", "state"})
_TINTS = {
    "Flow": "#60646c", "People": "#ab6400", "AI": "#5753c6", "Data": "#107d98", "Integrations": "#008573", "Notes": "#9e6c00",
}  # fmt: skip
_INK, _MUTED, _LINE, _PAPER, _RED = "#1c2024", "#60646c", "#8b8d98", "#fcfcfd", "#e5484d"
_FONT = "font-family=\"Inter, 'Segoe UI', sans-serif\""
_ON_A_WIRE = f'text-anchor="middle" stroke="{_PAPER}" stroke-width="5" paint-order="stroke"'
_LONGEST_NAME, _LONGEST_LINE, _LONGEST_NOTE = 24, 30, 10_000
_DEEPEST = 50


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float


def svg(diagram: Diagram, kinds: Mapping[str, Kind]) -> str:
    """The whole file; everything that people typed is escaped."""
    chart = Chart(diagram, kinds)
    boxes = {node.id: _box(node, chart) for node in chart.nodes.values()}
    if not boxes:
        boxes = {"": _Box(0, 0, 320, 120)}
    left, top = min(b.x for b in boxes.values()) - MARGIN, min(b.y for b in boxes.values()) - MARGIN
    right = max(b.x + b.width for b in boxes.values()) + MARGIN
    bottom = max(b.y + b.height for b in boxes.values()) + MARGIN
    drawn = "".join(_parts(chart, boxes))
    size = f'width="{right - left:g}" height="{bottom - top:g}"'
    view = f'viewBox="{left:g} {top:g} {right - left:g} {bottom - top:g}"'
    sheet = f'<rect x="{left:g}" y="{top:g}" width="100%" height="100%" fill="{_PAPER}"/>'
    title = f"<title>{_clean(diagram.name)}</title>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} {_FONT}>{title}{_ARROW}{sheet}{drawn}</svg>'
    )


_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" orient="auto">'
    f'<path d="M1.5 1L7 5L1.5 9" fill="none" stroke="{_LINE}" stroke-width="1.5"/></marker></defs>'
)


def _parts(chart: Chart, boxes: Mapping[str, _Box]) -> Iterator[str]:
    """Frames lie under wires, wires under cards."""
    nodes = list(chart.nodes.values())
    frames = [node for node in nodes if _is_frame(chart.kind(node))]
    yield from (
        _frame(node, chart, boxes[node.id]) for node in sorted(frames, key=lambda n: _depth(n, chart))
    )
    yield from (
        _wire(w, chart, boxes) for w in chart.diagram.wires if w.source in boxes and w.target in boxes
    )
    yield from (_card(node, chart, boxes[node.id]) for node in nodes if not _is_frame(chart.kind(node)))


def _is_frame(kind: Kind | None) -> bool:
    return kind is not None and kind.role in _CONTAINERS


def _depth(node: Node, chart: Chart) -> int:
    return len(_around(node, chart))


def _around(node: Node, chart: Chart) -> list[Node]:
    """The containers around a node, from the inside; one that lies in itself counts as lying nowhere."""
    found: list[Node] = []
    while len(found) < _DEEPEST and (parent := chart.parent(node.id)):
        node = chart.nodes[parent]
        found.append(node)
    return found


def _box(node: Node, chart: Chart) -> _Box:
    kind = chart.kind(node)
    x, y = node.position.x, node.position.y
    for one in _around(node, chart):
        x, y = x + one.position.x, y + one.position.y
    if kind is not None and kind.role == "note":
        return _Box(x, y, *(node.size or _NOTE))
    if kind is not None and _is_frame(kind):
        return _Box(x, y, *(node.size or _FRAMES.get(kind.role, _FRAME)))
    rows = _port_rows(node, chart)
    return _Box(x, y, _WIDTH, _ROWS + _ROW * len(rows) + _FOOT if rows else _HEIGHT)


def _port_rows(node: Node, chart: Chart) -> tuple[str, ...]:
    """The ports that stand in rows of their own: all, unless there is just the one."""
    ports = _ports(node, chart)
    return () if ports == ("out",) else ports


def _ports(node: Node, chart: Chart) -> tuple[str, ...]:
    known = chart.ports(node)
    if known is not None:
        return known
    return chart.leaving.get(node.id, ("out",))


def _frame(node: Node, chart: Chart, box: _Box) -> str:
    tint = _tint(chart.kind(node))
    sheet = _rect(box, 14, f'fill="{tint}" fill-opacity="0.05" stroke="{tint}" stroke-opacity="0.5"')
    return sheet + _text((box.x + 16, box.y + 26), _named(node, chart), _INK, 14, 'font-weight="600"')


def _card(node: Node, chart: Chart, box: _Box) -> str:
    kind = chart.kind(node)
    if kind is not None and kind.role == "note":
        return _note(node, kind, box)
    faint = ' opacity="0.5"' if node.disabled else ""
    dashed = ' stroke-dasharray="4 3"' if node.disabled or kind is None else ""
    tint = _tint(kind)
    tile = _rect(_Box(box.x + 10, box.y + 9, 28, 28), 7, f'fill="{tint}" fill-opacity="0.15"')
    dot = f'<circle cx="{box.x + 24:g}" cy="{box.y + 23:g}" r="5" fill="{tint}"/>'
    name = _text((box.x + 46, box.y + 28), _named(node, chart), _INK, 14, 'font-weight="500"')
    line = _cut(kind.title if kind else node.kind, _LONGEST_LINE)
    words = _text((box.x + 12, box.y + 56), line, _MUTED, 13)
    rows = "".join(
        _text((box.x + box.width - 14, box.y + _ROWS + _ROW * i + 16), port, _MUTED, 12, 'text-anchor="end"')
        for i, port in enumerate(_port_rows(node, chart))
    )
    sheet = _rect(box, 10, f'fill="#ffffff" stroke="#d9d9e0"{dashed}')
    return f"<g{faint}>{sheet}{tile}{dot}{name}{words}{rows}</g>"


def _note(node: Node, kind: Kind, box: _Box) -> str:
    told = str(node.config.get(kind.summary) or node.note or node.name)
    said = re.sub(r"[*`#]", "", told[:_LONGEST_NOTE])
    wide, high = max(8, int(box.width / 7)), max(1, int((box.height - 20) / 18))
    lines = [part for line in said.splitlines() for part in textwrap.wrap(line, wide) or [""]][:high]
    words = "".join(_text((box.x + 14, box.y + 26 + 18 * i), line, _INK, 13) for i, line in enumerate(lines))
    return _rect(box, 4, 'fill="#fffab8" stroke="#e4c767"') + words


def _wire(wire: Wire, chart: Chart, boxes: Mapping[str, _Box]) -> str:
    source, target = boxes[wire.source], boxes[wire.target]
    x1, y1 = source.x + source.width, _leaves_at(wire, chart, source)
    x2, y2 = target.x, target.y + (target.height / 2 if _is_frame(_kind_of(wire.target, chart)) else _HEAD)
    middle = (x1 + x2) / 2
    bend = max(abs(x2 - x1) / 2, 40.0)
    line = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    colour, dashed = (_RED, ' stroke-dasharray="6 4"') if wire.source_port == "error" else (_LINE, "")
    path = f'<path d="{line}" fill="none" stroke="{colour}" stroke-width="1.5"{dashed} marker-end="url(#arrow)"/>'
    if not wire.label:
        return path
    label = _cut(wire.label, _LONGEST_NAME)
    return path + _text((middle, (y1 + y2) / 2 - 6), label, _MUTED, 12, _ON_A_WIRE)


def _leaves_at(wire: Wire, chart: Chart, box: _Box) -> float:
    node = chart.nodes[wire.source]
    if _is_frame(chart.kind(node)):
        return box.y + box.height / 2
    rows = _port_rows(node, chart)
    return box.y + (_ROWS + _ROW * rows.index(wire.source_port) + 12 if wire.source_port in rows else _HEAD)


def _kind_of(node_id: str, chart: Chart) -> Kind | None:
    return chart.kind(chart.nodes[node_id])


def _named(node: Node, chart: Chart) -> str:
    kind = chart.kind(node)
    return _cut(node.name or (kind.title if kind else node.kind), _LONGEST_NAME)


def _tint(kind: Kind | None) -> str:
    return _TINTS.get(kind.group, _MUTED) if kind else _MUTED


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _rect(box: _Box, corner: float, paint: str) -> str:
    place = f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
    return f'<rect {place} rx="{corner:g}" {paint}/>'


def _text(at: tuple[float, float], words: str, colour: str, size: int, more: str = "") -> str:
    return (
        f'<text x="{at[0]:g}" y="{at[1]:g}" fill="{colour}" font-size="{size}" {more}>{_clean(words)}</text>'
    )


def _clean(words: str) -> str:
    """Escaped, and without what no XML may hold."""
    return escape("".join(c for c in words if c.isprintable()))
