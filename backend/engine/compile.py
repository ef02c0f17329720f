"""Diagram -> checked intermediate form -> LangGraph; every problem is found at once."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from langgraph.checkpoint.base import BaseCheckpointSaver
from pydantic import ValidationError

from backend.core.errors import Invalid, Problem
from backend.engine.graph import Graph, build
from backend.engine.ir import Part, Program, Scope
from backend.nodes.kind import Kind, NodeConfig
from backend.nodes.registry import all_kinds
from backend.workflows import check, check_machines, check_saga
from backend.workflows.chart import Chart
from backend.workflows.diagram import ERROR_PORT, Diagram, Node, Wire


@dataclass(frozen=True, eq=False)
class Compiled:
    """A diagram that can be played: its checked form, and the LangGraph graphs that play it, one a checkpointer."""

    program: Program
    kinds: Mapping[str, Kind]
    graphs: WeakKeyDictionary[BaseCheckpointSaver[int], Graph] = field(
        default_factory=WeakKeyDictionary[BaseCheckpointSaver[int], Graph]
    )

    def graph(self, saver: BaseCheckpointSaver[int]) -> Graph:
        """The graph of this diagram that keeps its checkpoints with the saver."""
        found = self.graphs.get(saver)
        if found is None:
            found = self.graphs[saver] = build(self.program, saver)
        return found


class CannotCompile(Invalid):
    """The diagram cannot be played; `problems` says where and why."""

    code, title = "cannot_compile", "The diagram cannot be played"


_KEPT = 256
_cache: OrderedDict[str, Compiled] = OrderedDict()


def compiled(diagram: Diagram, kinds: Mapping[str, Kind] | None = None, *, version_id: str = "") -> Compiled:
    """The compiled diagram; raises CannotCompile. Kept by digest, or by the version, whose diagram never changes."""
    kinds = all_kinds() if kinds is None else kinds
    key = version_id or diagram.digest()
    found = _cache.get(key)
    if found is None or found.kinds is not kinds:
        program = _Checker(diagram, kinds).program(key)
        found = _cache[key] = Compiled(program, kinds)
    _cache.move_to_end(key)
    if len(_cache) > _KEPT:
        _cache.popitem(last=False)
    return found


class _Checker:
    """Walks a diagram once and collects what is wrong with it."""

    def __init__(self, diagram: Diagram, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds
        self.nodes = {n.id: n for n in diagram.nodes if not self._is_note(n)}
        self.problems: list[Problem] = []
        self.children: defaultdict[str | None, list[Node]] = defaultdict(list)
        self.incoming: defaultdict[str, list[Wire]] = defaultdict(list)
        self.outgoing: defaultdict[str, list[Wire]] = defaultdict(list)
        self.chart = Chart(diagram, kinds)
        if len(self.nodes) < len([n for n in diagram.nodes if not self._is_note(n)]):
            self._problem("two_nodes_of_one_id", "Two nodes have the same id.", "", "Rename one of them.")
        for node in self.nodes.values():
            self.children[node.parent].append(node)
        self.undoes = {node.compensate_with for node in self.nodes.values() if node.compensate_with}
        self.parts: dict[str, Part] = {}
        if self.undoes:
            self.problems += check.errors([*check_saga.problems(Chart(diagram, kinds))])
        for wire in {w.key: w for w in diagram.wires}.values():
            self._wire(wire)
        if any(self._role(node) in ("machine", "state", "exit") for node in self.nodes.values()):
            self.problems += check.errors([*check_machines.problems(self.chart)])

    def program(self, digest: str) -> Program:
        """The checked form; raises CannotCompile with all problems."""
        for node in self.nodes.values():
            self._parent(node)
        root = None if self.problems else self._scope(None, self.children[None])
        if self.problems or root is None:
            count = len(self.problems)
            raise CannotCompile(
                f"The diagram has {count} problem{'s' if count != 1 else ''}.", problems=self.problems
            )
        sagas = frozenset(i for i, part in self.parts.items() if part.kind.role == "saga")
        return Program(digest, root, len(self.nodes), self.parts, sagas)

    def _role(self, node: Node) -> str | None:
        kind = self.kinds.get(node.kind)
        return kind.role if kind else None

    def _is_note(self, node: Node) -> bool:
        return self._role(node) in ("note", "group")

    def _wire(self, wire: Wire) -> None:
        ends = [self.nodes.get(wire.source), self.nodes.get(wire.target)]
        if ends[0] is None or ends[1] is None:
            missing = wire.source if ends[0] is None else wire.target
            self._problem("wire_to_nowhere", f"A wire names the node {missing!r}, which does not exist.", "",
                          "Remove the wire.", f"wires.{wire.key}")  # fmt: skip
        elif ends[0].parent != ends[1].parent:
            self._problem("wire_crosses", f"A wire from {wire.source!r} to {wire.target!r} crosses a container's "
                          "border.", wire.target, "Wire the container itself.", f"wires.{wire.key}")  # fmt: skip
        else:
            self.outgoing[wire.source].append(wire)
            self.incoming[wire.target].append(wire)

    def _parent(self, node: Node) -> None:
        seen = {node.id}
        parent_id = node.parent
        while parent_id is not None:
            parent = self.nodes.get(parent_id)
            kind = self.kinds.get(parent.kind) if parent else None
            if parent is None or parent_id in seen or (kind and not kind.is_container):
                message = f"The node {node.id!r} lies in {parent_id!r}, which is no container."
                self._problem("no_container", message, node.id, "Drag it out.", f"nodes.{node.id}.parent")
                return
            seen.add(parent_id)
            parent_id = parent.parent

    def _body(self, node: Node, role: str) -> tuple[Scope | None, Scope | None]:
        """What a container plays, and what a state plays when it is left."""
        inside = self.children[node.id]
        if role == "machine":
            initial = tuple(state.id for state in inside if state.config.get("initial"))
            return Scope({state.id: part for state in inside if (part := self._part(state))}, initial), None
        if role != "state":
            return self._scope(node.id, inside), None
        leaving = check_machines.exit_part(self.chart, node.id)
        entered = self._scope(node.id, [n for n in inside if n.id not in leaving])
        left = self._scope(node.id, [n for n in inside if n.id in leaving]) if leaving else None
        return entered, left

    def _scope(self, container: str | None, nodes: list[Node]) -> Scope:
        nodes = [node for node in nodes if node.id not in self.undoes]
        self._no_cycle(nodes)
        parts = {node.id: part for node in nodes if (part := self._part(node))}
        self.parts |= parts
        first = [node.id for node in nodes if not self.incoming[node.id]]
        starts = [i for i in first if i in parts and parts[i].kind.role == "start"]
        entries = starts or first
        orphans = [i for i in first if i not in entries]
        if not entries and not (container and self._role(self.nodes[container]) == "state"):
            self._problem("nothing_to_play", "There is no node to begin with.", container, "Add a node.")
        ends = [i for i, part in parts.items() if part.kind.role == "end"]
        return Scope(parts, tuple(entries), tuple(orphans), tuple(ends))

    def _part(self, node: Node) -> Part | None:
        kind = self.kinds.get(node.kind)
        if kind is None:
            message = f"There is no node kind called {node.kind!r}."
            self._problem("unknown_kind", message, node.id, "Install the package that offers it.")
            return None
        settings = self._settings(node, kind)
        config = self._config(node, kind, settings)
        ports = kind.ports.of(config.model_dump(mode="json") if config and kind.ports.each else settings)
        for wire in self.outgoing[node.id]:
            self._port(node, ports, wire)
        body, leaving = self._body(node, kind.role) if kind.is_container else (None, None)
        undo = self._part(self.nodes[node.compensate_with]) if node.compensate_with in self.nodes else None
        if config is None:
            return None
        targets: defaultdict[str, list[str]] = defaultdict(list)
        for wire in self.outgoing[node.id]:
            targets[wire.source_port].append(wire.target)
        return Part(
            node=node,
            kind=kind,
            config=config,
            ports=ports,
            sources=tuple(w.source for w in self.incoming[node.id]),
            targets={port: tuple(found) for port, found in targets.items()},
            need=_need(kind, config),
            patience=getattr(config, "timeout", None) if kind.role == "join" else None,
            body=body,
            leaving=leaving,
            undo=undo,
        )

    def _settings(self, node: Node, kind: Kind) -> dict[str, Any]:
        if node.kind_version < kind.version and kind.upgrade is not None:
            return kind.upgrade(node.config)
        return node.config

    def _config(self, node: Node, kind: Kind, settings: dict[str, Any]) -> NodeConfig | None:
        try:
            return kind.config.model_validate(settings)
        except ValidationError as error:
            for wrong in error.errors(include_url=False, include_input=False):
                field = ".".join(map(str, wrong["loc"]))
                place = f"nodes.{node.id}.config.{field}"
                self._problem(
                    "wrong_setting", f"{field}: {wrong['msg']}", node.id, "Correct the field.", place
                )
            return None

    def _port(self, node: Node, ports: Iterable[str], wire: Wire) -> None:
        known = [*ports, *([ERROR_PORT] if node.on_error == "route" else [])]
        if wire.source_port not in known:
            message = f"A wire leaves {node.id!r} by the port {wire.source_port!r}, which it does not have."
            fix = f"Use one of: {', '.join(known) or 'none'}."
            self._problem("unknown_port", message, node.id, fix, f"wires.{wire.key}")

    def _no_cycle(self, nodes: list[Node]) -> None:
        """Peel off nodes without open wires; what remains goes round in a circle."""
        left = {node.id: len(self.incoming[node.id]) for node in nodes}
        free = [i for i, count in left.items() if count == 0]
        while free:
            for wire in self.outgoing[free.pop()]:
                left[wire.target] -= 1
                if left[wire.target] == 0:
                    free.append(wire.target)
        for circular in [i for i, count in left.items() if count > 0][:1]:
            message = f"The wires lead from {circular!r} back to itself."
            self._problem("cycle", message, circular, "Put the nodes that repeat into a Loop.")

    def _problem(self, code: str, message: str, node_id: str | None, fix: str, place: str = "") -> None:
        place = place or (f"nodes.{node_id}" if node_id else "nodes")
        self.problems.append(Problem(message, place=place, fix=fix, code=code, node_id=node_id or None))


def _need(kind: Kind, config: NodeConfig) -> int:
    """How many live wires start the node: joins may say so, everything else waits for all to be decided."""
    if kind.role != "join":
        return 0
    mode = getattr(config, "mode", "all")
    return {"any": 1, "count": getattr(config, "count", 1)}.get(mode, 0)
