"""What the graph of an exported module looks like: which nodes are in each scope, and where each of their ports leads."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from backend.workflows import check_machines
from backend.workflows.chart import Chart
from backend.workflows.diagram import ERROR_PORT, Node

SKIPPED, AGAIN = "(skipped)", "again"
_DRAWN_ONLY = ("note", "group")


@dataclass(frozen=True)
class Scope:
    """The nodes that one StateGraph plays."""

    nodes: tuple[Node, ...]
    entries: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Reads a diagram as the engine does: what is played, and what waits for what."""

    chart: Chart
    dropped: dict[str, str] = field(default_factory=dict[str, str])
    """Nodes that nothing ever reaches."""

    def scope(
        self, container: str | None, only: set[str] | None = None, but: set[str] | None = None
    ) -> Scope:
        """The root, or the body of a container; of a state only what is played on exit, or the rest."""
        inside = [n for n in self.chart.scopes.get(container, []) if self.is_played(n)]
        inside = [n for n in inside if (only is None or n.id in only) and n.id not in (but or set())]
        first = [n.id for n in inside if not self.wires[n.id]]
        starts = [node_id for node_id in first if self.chart.role(node_id) == "start"]
        ends = tuple(n.id for n in inside if self.chart.role(n.id) == "end")
        return Scope(tuple(inside), tuple(starts or first), ends)

    def is_played(self, node: Node) -> bool:
        """Not a note, a group, a compensation, or out of every reach."""
        return (
            self.chart.role(node.id) not in _DRAWN_ONLY
            and node.id not in self.chart.undoes
            and node.id not in self.orphans
        )

    @cached_property
    def orphans(self) -> frozenset[str]:
        """What stands without wires beside a Start, and all that only this would reach."""
        found: set[str] = set()
        for container, nodes in self.chart.scopes.items():
            if any(self.chart.role(node.id) == "start" for node in nodes) and container is None:
                found |= self._unreached(nodes)
        return frozenset(found)

    def _unreached(self, nodes: Iterable[Node]) -> set[str]:
        listed = [n for n in nodes if self.chart.role(n.id) not in (*_DRAWN_ONLY, "start")]
        found: set[str] = set()
        while fresh := {
            n.id
            for n in listed
            if n.id not in found
            and n.id not in self.chart.undoes
            and all(wire.source in found for wire in self.chart.incoming[n.id])
        }:
            found |= fresh
        return found

    @cached_property
    def wires(self) -> dict[str, list[tuple[str, str]]]:
        """For each node the wires that lead to it: source and port."""
        return {
            node_id: list(
                dict.fromkeys(
                    (w.source, w.source_port)
                    for w in wires
                    if w.source in self.chart.nodes and w.source not in self.orphans
                )
            )
            for node_id, wires in self.chart.incoming.items()
        }

    @cached_property
    def targets(self) -> dict[str, dict[str, list[str]]]:
        """For each node and port the nodes that it leads to."""
        found: dict[str, dict[str, list[str]]] = {node_id: {} for node_id in self.chart.nodes}
        for target, wires in self.wires.items():
            for source, port in wires:
                found[source].setdefault(port, []).append(target)
        return found

    def meets(self, node_id: str) -> bool:
        """Whether several nodes lead here, so that it may have to wait."""
        return len({source for source, _ in self.wires[node_id]}) > 1

    def routed(self, node: Node) -> bool:
        """Whether its errors leave by a wire."""
        return node.on_error == "route" and ERROR_PORT in self.targets[node.id]

    def ways(self, node_id: str) -> dict[str, list[str]]:
        """Where each port leads; nodes that wait are woken as well when what they wait for is skipped."""
        targets = self.targets[node_id]
        found: dict[str, list[str]] = {}
        for port in self._left_by(node_id):
            live = targets.get(port, [])
            woken = self._woken(t for other, listed in targets.items() if other != port for t in listed)
            found[port] = list(dict.fromkeys([*live, *woken]))
        if self.meets(node_id):
            found[SKIPPED] = self._woken(t for listed in targets.values() for t in listed)
        return {port: listed for port, listed in found.items() if listed}

    def _left_by(self, node_id: str) -> list[str]:
        """Ports with wires, and those without that still decide the others' wires."""
        ports = self.chart.ports(self.chart.nodes[node_id]) or ()
        return list(dict.fromkeys([*self.targets[node_id], *ports]))

    def _woken(self, dead: Iterable[str]) -> list[str]:
        """The nodes that wait, behind wires along which nothing comes."""
        found: dict[str, None] = {}
        waiting, seen = list(dead), set[str]()
        while waiting:
            node_id = waiting.pop(0)
            if node_id in seen:
                continue
            seen.add(node_id)
            if self.meets(node_id):
                found[node_id] = None
            else:
                waiting += [t for listed in self.targets[node_id].values() for t in listed]
        return list(found)

    def leaving(self, state_id: str) -> set[str]:
        """The nodes of a state that are played when it is left."""
        return check_machines.exit_part(self.chart, state_id)

    @cached_property
    def undone_by(self) -> dict[str | None, dict[str, str]]:
        """For each saga the nodes that are undone, with their compensations."""
        found: defaultdict[str | None, dict[str, str]] = defaultdict(dict)
        for undo, node_id in self.chart.undoes.items():
            found[self.chart.parent(node_id)][node_id] = undo
        return found
