"""The part of a draft that a trial run plays: one node, all up to it, or all from it on, with stand-ins for what is left out.

What a trial does not play it does not need whole: of the nodes before, those whose outputs are read stand in front as
mocks, and the rest is cut away. So nothing happens beside what was asked for.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from backend.core.errors import Invalid, NotFound
from backend.nodes.kind import Kind
from backend.workflows.chart import Chart, label
from backend.workflows.diagram import Diagram, Node, Wire

How = Literal["node", "to", "from"]
_READ = re.compile(r"nodes(?:\.([a-z][a-z0-9_]*)|\[\s*\\?[\"']([a-z][a-z0-9_]*)\\?[\"']\s*\])")
SCRIPTED = "scripted/script"
OUT = "out"


class Cut(BaseModel):
    """The part of a diagram that a trial run plays: these nodes, and these wires instead of all others."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    nodes: list[str]
    wires: list[tuple[str, str, str]] = Field(description="Source, its port, target.")
    stand_ins: list[str] = Field(default=[], description="Those of the nodes that only give their data.")


@dataclass(frozen=True)
class Plan:
    """What is played, and which nodes before it stand in with data: `wired` lead to it, `read` are named in its settings."""

    played: frozenset[str]
    wired: Mapping[str, tuple[str, ...]]  # stand-ins, each with the ports by which it leads to what is played
    read: tuple[str, ...]
    main: frozenset[str]  # what is played of the outermost level
    inside: frozenset[str]  # nodes of a body before the one that was asked for
    start: str

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """Every node whose data is needed."""
        return (*self.read, *self.wired)


class NotTriable(Invalid):
    """A part of the draft that cannot be played by itself."""

    code, title = "not_triable", "This cannot be run by itself"


def plan(diagram: Diagram, kinds: Mapping[str, Kind], node_id: str, how: How) -> Plan:
    """What a trial of this node has to play; raises NotFound, NotTriable."""
    chart = Chart(diagram, kinds)
    node = chart.nodes.get(node_id)
    if node is None:
        raise NotFound(f"The draft has no node {node_id}.", fix="Choose one of its nodes.")
    if chart.start is None:
        raise NotTriable("The draft has no Start node.", fix="Add one; its fields say what a run is given.")
    around = list(_around(chart, node_id))
    _require_alone(chart, node, around)
    outer = around[-1] if around else node_id
    bodies = _bodies(chart, node_id, around, how)
    if how == "to":
        outside = _before(chart, [outer])
        played = {outer, *outside, *_within(chart, outside), *bodies}
        return Plan(_with_undoing(chart, played), {}, (), frozenset({outer}), frozenset(), chart.start.id)
    main = _after(chart, [outer]) if how == "from" else {outer}
    played = main | _within(chart, main - {outer}) | (bodies if around else _within(chart, {outer}))
    inside = frozenset(bodies - set(around) - {node_id}) if around and how == "node" else frozenset[str]()
    before = _before(chart, main) - {chart.start.id} - played
    wired = _leading(chart, before, main)
    named = _named(chart.nodes[one] for one in played)
    read = tuple(one for one in chart.order if one in before & named and one not in wired)
    return Plan(_with_undoing(chart, played), wired, read, frozenset(main), inside, chart.start.id)


def cut(diagram: Diagram, plan: Plan, known: Mapping[str, str | None]) -> Cut:
    """The plan as nodes and wires. `known` are the stand-ins that there is data of, with the ports by which they leave."""
    chain = [plan.start, *(one for one in plan.read if one in known)]
    wired = [one for one in plan.wired if one in known]
    left_by = {one: known[one] or plan.wired[one][0] for one in wired}
    kept = plan.played | {*wired, *chain}
    wires = [
        (wire.source, OUT if wire.source in left_by else wire.source_port, wire.target)
        for wire in diagram.wires
        if wire.target in plan.played
        and wire.source in kept
        and left_by.get(wire.source, wire.source_port) == wire.source_port
    ]
    first = sorted(plan.main - {target for _, _, target in wires} - {plan.start})
    wires += [(a, OUT, b) for a, b in pairwise(chain)]
    wires += [(chain[-1], OUT, one) for one in (*wired, *first)]
    return Cut(
        nodes=[node.id for node in diagram.nodes if node.id in kept],
        wires=wires,
        stand_ins=[*chain[1:], *wired],
    )


def played(diagram: Diagram, part: Cut | None) -> Diagram:
    """The diagram that a run of a draft plays: its part, and scripted models where a mock says so."""
    nodes: Sequence[Node] = diagram.nodes
    if any(node.mock for node in nodes):
        nodes = [_scripted(node) for node in nodes]
    if part is None:
        return diagram.model_copy(update={"nodes": tuple(nodes)}) if nodes is not diagram.nodes else diagram
    kept = set(part.nodes)
    wires = tuple(Wire(source=a, source_port=port, target=b) for a, port, b in part.wires)
    stand_ins = set(part.stand_ins)
    nodes = [_giving(node) if node.id in stand_ins else node for node in nodes if node.id in kept]
    return diagram.model_copy(update={"nodes": tuple(nodes), "wires": wires})


def _giving(node: Node) -> Node:
    """In place of a node that is not played: its settings do not matter, nor what it holds or reads."""
    rows = {"fields": [{"name": "output", "value": ""}], "keep_input": False}
    return Node(id=node.id, name=node.name, kind="set_fields", config=rows)


def _scripted(node: Node) -> Node:
    if node.mock is None or node.mock.source != "model":
        return node
    config = {**node.config, "model": SCRIPTED, "script": node.mock.script}
    return node.model_copy(update={"config": config})


def _require_alone(chart: Chart, node: Node, around: Sequence[str]) -> None:
    role = chart.role(node.id)
    if role in ("note", "exit"):
        raise NotTriable(f"{label(node)} is not played by itself.", fix="Choose another node.")
    for at in (node.id, *around):
        if chart.in_machine(at) or (chart.role(at) == "machine" and at != node.id):
            told = f"{label(node)} is a part of a state machine, which is played as a whole."
            raise NotTriable(told, fix="Run the state machine instead.")
    if node.id in chart.undoes:
        told = f"{label(node)} only undoes another node."
        raise NotTriable(told, fix="Run the saga that it belongs to.")


def _around(chart: Chart, node_id: str) -> Iterable[str]:
    """The containers of a node, the innermost first."""
    at = chart.parent(node_id)
    while at is not None:
        yield at
        at = chart.parent(at)


def _bodies(chart: Chart, node_id: str, around: Sequence[str], how: How) -> set[str]:
    """What is played inside: of each container around the node only what leads to it, and from it where that is wanted."""
    found = {node_id, *around, *_within(chart, {node_id})}
    for at in [node_id, *around][: len(around)]:
        before = _before(chart, [at])
        found |= before | _within(chart, before)
        if how == "from":
            after = _after(chart, [at])
            found |= after | _within(chart, after - {at})
    return found


def _before(chart: Chart, ids: Iterable[str]) -> set[str]:
    return _reached(ids, {one: _sources(chart, one) for one in chart.nodes}) - set(ids)


def _after(chart: Chart, ids: Iterable[str]) -> set[str]:
    return _reached(ids, chart.flow)


def _sources(chart: Chart, node_id: str) -> list[str]:
    return [w.source for w in chart.incoming[node_id] if w.source in chart.nodes and w.source != node_id]


def _reached(ids: Iterable[str], leads: Mapping[str, Iterable[str]]) -> set[str]:
    found = set(ids)
    waiting = list(found)
    while waiting:
        fresh = [one for one in leads[waiting.pop()] if one not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _within(chart: Chart, ids: Iterable[str]) -> set[str]:
    """All that stands in these containers, to any depth."""
    found, waiting = set[str](), list(ids)
    while waiting:
        inner = [node.id for node in chart.scopes.get(waiting.pop(), []) if node.id not in found]
        found.update(inner)
        waiting += inner
    return found


def _with_undoing(chart: Chart, ids: Iterable[str]) -> frozenset[str]:
    """With what undoes them, for a saga must be able to."""
    found = set(ids)
    return frozenset(found | {undo for undo, undone in chart.undoes.items() if undone in found})


def _leading(chart: Chart, before: Collection[str], main: Collection[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for target in main:
        for wire in chart.incoming[target]:
            if wire.source in before:
                found.setdefault(wire.source, []).append(wire.source_port)
    return {source: tuple(dict.fromkeys(ports)) for source, ports in found.items()}


def _named(nodes: Iterable[Node]) -> set[str]:
    """The nodes that settings speak of; also words in plain texts count, for a stand-in too many harms nobody."""
    found = set[str]()
    for node in nodes:
        for dotted, quoted in _READ.findall(orjson.dumps(node.config).decode()):
            found.add(dotted or quoted)
    return found
