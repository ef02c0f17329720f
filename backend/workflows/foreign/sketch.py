"""What every reader of another tool's file draws on: ids, places, wires, and the report of what was left behind."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from backend.workflows.diagram import Diagram, Node, Position, Wire
from backend.workflows.foreign import spacing

Severity = Literal["changed", "missing"]
_MAX_NAME = 200
_SHOWN = 40
_NOTE_LETTERS, _NOTE_TALLEST = 56, 640  # of a line in the report's note; one that is longer scrolls


class Remark(BaseModel):
    """One thing that differs from the original: `missing` must be drawn anew, `changed` should be looked at."""

    severity: Severity
    name: str
    node_id: str | None = None
    message: str
    fix: str = ""


class Report(BaseModel):
    """What became of another tool's file."""

    source: str
    nodes: int
    carried: int
    remarks: list[Remark] = []


@dataclass(frozen=True)
class Imported:
    """A diagram and the report that belongs to it; the report also stands on the canvas as a note."""

    diagram: Diagram
    report: Report


@dataclass(frozen=True)
class Made:
    """What a foreign node becomes: a kind of ours, its settings, and remarks on what is different."""

    kind: str
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    remarks: Sequence[tuple[str, str]] = ()
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Sketch:
    """A diagram in the making; `key` is the foreign tool's own name of a node."""

    def __init__(self, source: str, name: str, description: str = "") -> None:
        self.source = source
        self.name = (name.strip() or "Imported workflow")[:_MAX_NAME]
        self.description = description
        self.remarks: list[Remark] = []
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self._nodes: dict[str, Node] = {}
        self._wires: dict[str, Wire] = {}
        self._foreign = 0
        self._lost = 0

    def reserve(self, key: str, name: str) -> str:
        """The id that the node is going to have; names are known before settings that refer to them are read."""
        self.ids[key] = free_id(name, self.ids.values())
        self.names[key] = name[:_MAX_NAME]
        return self.ids[key]

    def add(self, key: str, made: Made, at: tuple[float, float], parent: str | None = None) -> None:
        """Draw a node that has a counterpart here."""
        self._foreign += 1
        node_id = self.ids[key]
        self._nodes[key] = Node(
            id=node_id,
            kind=made.kind,
            name=self.names[key],
            config=dict(made.config),
            position=Position(x=at[0], y=at[1]),
            parent=parent,
            **made.more,
        )
        for message, fix in made.remarks:
            self.remark("changed", key, message, fix)

    def add_unknown(self, key: str, kind: str, settings: Mapping[str, Any], at: tuple[float, float]) -> None:
        """Draw a placeholder that keeps everything the original node said; it must be replaced before a run."""
        self.add(key, Made(f"{self.source.lower().replace(' ', '_')}.{kind}", dict(settings)), at)
        self._lost += 1
        told = f"There is no counterpart of “{kind}” yet; its settings are kept in a placeholder."
        self.remark("missing", key, told, "Replace it by an HTTP request, a Code node, or another kind.")

    def left_out(self, name: str, message: str, fix: str = "") -> None:
        """Count a foreign node that is not drawn at all."""
        self._foreign += 1
        self._lost += 1
        self.remarks.append(Remark(severity="missing", name=name, message=message, fix=fix))

    def remark(self, severity: Severity, key: str, message: str, fix: str = "") -> None:
        """Say what is different about one node."""
        name, node_id = self.names.get(key, key), self.ids.get(key)
        self.remarks.append(Remark(severity=severity, name=name, node_id=node_id, message=message, fix=fix))

    def wire(self, source: str, target: str, port: str = "out") -> None:
        """Draw a wire between two nodes, by their keys; one that ends nowhere is left out."""
        if source in self._nodes and target in self._nodes and source != target:
            wire = Wire(source=self.ids[source], source_port=port, target=self.ids[target])
            self._wires[wire.key] = wire

    def has(self, kind: str) -> bool:
        """Whether such a node is drawn."""
        return any(node.kind == kind for node in self._nodes.values())

    def drawn(self, key: str) -> Node | None:
        """The node as drawn."""
        return self._nodes.get(key)

    def finished(self, samples: Mapping[str, Any] | None = None) -> Imported:
        """The diagram with a start and an output, and with the report as a note on the canvas."""
        carried = self._foreign - self._lost
        report = Report(source=self.source, nodes=self._foreign, carried=carried, remarks=self.remarks)
        self._begin_and_end()
        drawn = spacing.spread(
            Diagram(
                name=self.name,
                description=self.description[:10_000],
                nodes=tuple(self._nodes.values()),
                wires=tuple(self._wires.values()),
                samples=dict(samples or {}),
            )
        )
        note = self._note(in_words(report), drawn)
        return Imported(drawn.model_copy(update={"nodes": (*drawn.nodes, note)}), report)

    def _note(self, text: str, drawn: Diagram) -> Node:
        """Above the drawing, as high as its text."""
        roots = [node.position for node in drawn.nodes if node.parent is None]
        left, top = min((p.x for p in roots), default=0.0), min((p.y for p in roots), default=0.0)
        lines = sum(1 + len(line) // _NOTE_LETTERS for line in text.splitlines())
        height = min(_NOTE_TALLEST, 64 + 20 * lines)
        return Node(
            id=free_id("import_report", self.ids.values()),
            kind="note",
            name="Import report",
            config={"text": text},
            position=Position(x=left, y=top - height - 60),
            size=(440, height),
        )

    def _begin_and_end(self) -> None:
        roots = {
            key: node for key, node in self._nodes.items() if node.parent is None and node.kind != "note"
        }
        sources = {wire.source for wire in self._wires.values()}
        targets = {wire.target for wire in self._wires.values()}
        if not self.has("start"):
            first = [key for key, node in roots.items() if node.id not in targets]
            self._extra("start", "Start", _beside(roots, -280))
            for key in first:
                self.wire("\0start", key)
        if not self.has("output"):
            last = [key for key, n in roots.items() if n.id not in sources and n.kind != "start"]
            self._extra("output", "Output", _beside(roots, +280))
            for key in last or ["\0start"]:
                self.wire(key, "\0output")

    def _extra(self, kind: str, name: str, at: tuple[float, float]) -> None:
        key = f"\0{kind}"
        self.reserve(key, name)
        self.add(key, Made(kind), at)
        self._foreign -= 1


def free_id(name: str, taken: Any) -> str:
    """An id of ours from any name: `Send Slack message!` gives `send_slack_message`, or that with a number."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")[:50]
    if not stem or not stem[0].isalpha():
        stem = f"node_{stem}".rstrip("_")
    used, number, found = set(taken), 1, stem
    while found in used:
        number += 1
        found = f"{stem}_{number}"
    return found


def in_words(report: Report) -> str:
    """The report as Markdown."""
    lines = [f"**Imported from {report.source}**: {report.carried} of {report.nodes} nodes carried over."]
    lines += [f"- **{r.name}**: {r.message} {r.fix}".rstrip() for r in report.remarks[:_SHOWN]]
    if len(report.remarks) > _SHOWN:
        lines.append(f"- … and {len(report.remarks) - _SHOWN} more")
    return "\n".join(lines)[:10_000]


def _beside(nodes: Mapping[str, Node], by: float) -> tuple[float, float]:
    if not nodes:
        return (0.0, 0.0)
    xs, ys = [n.position.x for n in nodes.values()], [n.position.y for n in nodes.values()]
    return ((min(xs) if by < 0 else max(xs)) + by, sum(ys) / len(ys))
