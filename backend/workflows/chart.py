"""A diagram with its lookups made once: nodes by id, their kinds and ports, wires by end, bodies, and order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from backend.nodes.kind import Kind
from backend.workflows.diagram import ERROR_PORT, Diagram, Node, Wire


@dataclass(frozen=True)
class Chart:
    """Reads a diagram that may be wrong in every way, without ever failing."""

    diagram: Diagram
    kinds: Mapping[str, Kind]
    _ports: dict[str, tuple[str, ...] | None] = field(default_factory=dict[str, tuple[str, ...] | None])

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Nodes by id."""
        return {node.id: node for node in self.diagram.nodes}

    @cached_property
    def outgoing(self) -> dict[str, list[Wire]]:
        """The wires that leave each node."""
        return _grouped(((w.source, w) for w in self.diagram.wires), self.nodes)

    @cached_property
    def leaving(self) -> dict[str, tuple[str, ...]]:
        """The ports by which wires leave each node that has any."""
        found: dict[str, dict[str, None]] = {}
        for wire in self.diagram.wires:
            found.setdefault(wire.source, {})[wire.source_port] = None
        return {node_id: tuple(ports) for node_id, ports in found.items()}

    @cached_property
    def incoming(self) -> dict[str, list[Wire]]:
        """The wires that enter each node."""
        return _grouped(((w.target, w) for w in self.diagram.wires), self.nodes)

    @cached_property
    def flow(self) -> dict[str, list[str]]:
        """Where each node leads: the targets of its wires within its own scope, itself excepted.

        The wires of a state machine are transitions and no flow: there is no order among its states.
        """
        return {
            node_id: list(
                dict.fromkeys(
                    w.target
                    for w in wires
                    if w.target != node_id
                    and w.target in self.nodes
                    and self.parent(w.target) == self.parent(node_id)
                )
            )
            if not self.in_machine(node_id)
            else []
            for node_id, wires in self.outgoing.items()
        }

    @cached_property
    def undoes(self) -> dict[str, str]:
        """Compensations, each with the node that it undoes."""
        named = ((n.compensate_with, n.id) for n in self.nodes.values())
        return {undo: node_id for undo, node_id in named if undo in self.nodes and undo != node_id}

    @cached_property
    def scopes(self) -> dict[str | None, list[Node]]:
        """The nodes of each body, and of the root under None."""
        found: dict[str | None, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(self.parent(node.id), []).append(node)
        return found

    @cached_property
    def start(self) -> Node | None:
        """Where the run begins; what it gives is what expressions read as `input`."""
        return next((node for node in self.nodes.values() if self.role(node.id) == "start"), None)

    @cached_property
    def order(self) -> list[str]:
        """The nodes of each scope in an order of their flow; those on or behind a cycle are missing."""
        arriving = dict.fromkeys(self.nodes, 0)
        for targets in self.flow.values():
            for target in targets:
                arriving[target] += 1
        ready = [node_id for node_id, count in arriving.items() if count == 0]
        ordered: list[str] = []
        while ready:
            node_id = ready.pop()
            ordered.append(node_id)
            for target in self.flow[node_id]:
                arriving[target] -= 1
                if arriving[target] == 0:
                    ready.append(target)
        return ordered

    def kind(self, node: Node) -> Kind | None:
        """The node's kind, None for one that is not installed."""
        return self.kinds.get(node.kind)

    def parent(self, node_id: str) -> str | None:
        """The container of a node; None where it is not there or holds itself."""
        parent = self.nodes[node_id].parent
        return parent if parent in self.nodes and parent not in self.nested_in_itself else None

    @cached_property
    def nested_in_itself(self) -> frozenset[str]:
        """Nodes whose parents lead back to themselves."""
        found: set[str] = set()
        known: set[str] = set()
        for node_id in self.nodes:
            way: dict[str, int] = {}
            at: str | None = node_id
            while at in self.nodes and at not in known and at not in way:
                way[at] = len(way)
                at = self.nodes[at].parent
            if at in way:
                found.update(list(way)[way[at] :])
            known.update(way)
        return frozenset(found)

    def role(self, node_id: str | None) -> str | None:
        """The role of a node's kind; None where there is no such node or kind."""
        kind = self.kind(self.nodes[node_id]) if node_id in self.nodes else None
        return kind.role if kind else None

    def in_machine(self, node_id: str) -> bool:
        """True for what stands directly in a state machine."""
        return self.role(self.parent(node_id)) == "machine"

    def ports(self, node: Node) -> tuple[str, ...] | None:
        """The ways out of a node; None where they cannot be known."""
        if node.id not in self._ports:
            self._ports[node.id] = self._ports_of(node)
        return self._ports[node.id]

    def _ports_of(self, node: Node) -> tuple[str, ...] | None:
        kind = self.kind(node)
        if kind is None:
            return None
        try:
            config = kind.config.model_validate(upgraded(node, kind))
        except ValidationError:
            return None
        ports = kind.ports.of(config.model_dump(mode="json"))
        return (*ports, ERROR_PORT) if node.on_error == "route" else ports


def upgraded(node: Node, kind: Kind) -> dict[str, Any]:
    """The node's settings as the installed version of its kind wants them."""
    if node.kind_version < kind.version and kind.upgrade:
        return kind.upgrade(dict(node.config))
    return node.config


def label(node: Node) -> str:
    """How to speak of a node."""
    return f"“{node.name}” ({node.id})" if node.name else f"“{node.id}”"


def _grouped(ends: Iterable[tuple[str, Wire]], nodes: Iterable[str]) -> dict[str, list[Wire]]:
    found: dict[str, list[Wire]] = {node_id: [] for node_id in nodes}
    for end, wire in ends:
        if end in found:
            found[end].append(wire)
    return found
