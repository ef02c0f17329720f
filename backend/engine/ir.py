"""The checked intermediate form of a diagram: scopes of nodes with their wires resolved and their settings validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.nodes.kind import Kind, NodeConfig
from backend.workflows.diagram import Node


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A node ready to play. Wires are named by the nodes at their ends."""

    node: Node
    kind: Kind
    config: NodeConfig
    ports: tuple[str, ...]
    sources: tuple[str, ...]  # one entry an incoming wire
    targets: Mapping[str, tuple[str, ...]]  # by port, one entry a wire
    need: int  # live arrivals that start it; 0 means: wait until every wire is live or dead
    body: "Scope | None" = None
    leaving: "Scope | None" = None  # of a state: what is played when it is left
    patience: float | None = None  # of a join: seconds from the first branch on; then it waits no longer
    undo: "Part | None" = None  # its compensation, which is on no wire and in no scope

    @property
    def pass_port(self) -> str:
        """The port of a node that is skipped over or has its output given."""
        return "out" if "out" in self.ports or not self.ports else self.ports[0]


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The root of a diagram, or the body of a container."""

    parts: Mapping[str, Part]
    entries: tuple[str, ...]  # play first
    orphans: tuple[str, ...] = ()  # nothing leads to them: never played
    ends: tuple[str, ...] = ()  # of role `end`


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A whole diagram in its checked form."""

    digest: str
    root: Scope
    size: int = field(default=0)
    parts: Mapping[str, Part] = field(
        default_factory=dict[str, Part]
    )  # of all scopes, by id; compensations are not among them
    sagas: frozenset[str] = frozenset()
