"""What differs between two diagrams: added, removed, changed and merely moved parts, each with its fields before and after.

Comments are left out: they are remarks about the work, not the work.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.document import same

What = Literal["workflow", "sample", "node", "wire"]
How = Literal["added", "removed", "changed", "moved"]
_PLACE = ("position", "size")
_DEEPEST = 50
_OF_WORKFLOW = ("name", "description", "max_parallel")


@dataclass(frozen=True)
class FieldChange:
    """One field; a side that lacks it has None."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One part that differs; `moved` is true as well for a changed node that also stands elsewhere."""

    what: What
    how: How
    id: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    moved: bool = False


def changes(before: Diagram, after: Diagram) -> list[Change]:
    """All of them: the workflow's own, its samples, then nodes from left to right, then wires."""
    found = [*_workflow(before, after), *_samples(before, after), *_nodes(before, after)]
    found += _wires(before, after)
    return found


def _workflow(before: Diagram, after: Diagram) -> Iterator[Change]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    fields = tuple(FieldChange(f, old[f], new[f]) for f in _OF_WORKFLOW if not same(old[f], new[f]))
    if fields:
        yield Change("workflow", "changed", "workflow", after.name, fields)


def _samples(before: Diagram, after: Diagram) -> Iterator[Change]:
    for name in sorted(before.samples.keys() | after.samples.keys()):
        old, new = before.samples.get(name), after.samples.get(name)
        how = _how(name in before.samples, name in after.samples)
        if how != "changed" or not same(old, new):
            yield Change("sample", how, name, name, (FieldChange("value", old, new),))


def _nodes(before: Diagram, after: Diagram) -> list[Change]:
    old, new = {n.id: n for n in before.nodes}, {n.id: n for n in after.nodes}
    everything = {**old, **new}
    places = {node.id: _corner(node, everything) for node in everything.values()}
    changed = (_node(old.get(node.id), new.get(node.id), node) for node in everything.values())
    return sorted((c for c in changed if c), key=lambda c: (*places[c.id], c.id))


def _node(old: Node | None, new: Node | None, standing: Node) -> Change | None:
    name = standing.name or standing.id
    how = _how(old is not None, new is not None)
    if old is None or new is None:
        return Change("node", how, standing.id, name, tuple(_filled(standing, removed=new is None)))
    fields = tuple(_fields(_settings(old), _settings(new)))
    place = tuple(_fields(_placed(old), _placed(new)))
    if not fields and not place:
        return None
    return Change("node", "changed" if fields else "moved", new.id, name, fields or place, bool(place))


def _wires(before: Diagram, after: Diagram) -> Iterator[Change]:
    old, new = {w.key: w for w in before.wires}, {w.key: w for w in after.wires}
    names = {n.id: n.name or n.id for n in (*before.nodes, *after.nodes)}
    for key in (*(k for k in old if k not in new), *new):
        one, other = old.get(key), new.get(key)
        how = _how(one is not None, other is not None)
        if one and other and one.label == other.label:
            continue
        fields = (FieldChange("label", one.label, other.label),) if one and other else ()
        yield Change("wire", how, key, _spoken(cast(Wire, other or one), names), fields)


def _spoken(wire: Wire, names: Mapping[str, str]) -> str:
    ends = f"{names.get(wire.source, wire.source)} → {names.get(wire.target, wire.target)}"
    return ends if wire.source_port == "out" else f"{ends} ({wire.source_port})"


def _how(was: bool, is_: bool) -> How:
    if was and is_:
        return "changed"
    return "removed" if was else "added"


def _settings(node: Node) -> dict[str, Any]:
    """Its fields flat, each setting of the kind by a path of its own."""
    plain = node.model_dump(mode="json", exclude={"id", "config", *_PLACE})
    return plain | {f"config.{name}": value for name, value in _plain(node.config).items()}


def _placed(node: Node) -> dict[str, Any]:
    return node.model_dump(mode="json", include=set(_PLACE))


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value is not None}


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[FieldChange]:
    for name in _both(old, new):
        one, other = old.get(name), new.get(name)
        if not same(one, other):
            yield FieldChange(name, one, other)


def _filled(node: Node, *, removed: bool) -> Iterator[FieldChange]:
    """What was said of an added or removed node, beyond the defaults."""
    bare = Node(id=node.id, kind="").model_dump(mode="json")
    for name, value in _settings(node).items():
        if not same(value, bare.get(name)):
            yield FieldChange(name, value, None) if removed else FieldChange(name, None, value)


def _both(old: Iterable[str], new: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*new, *old]))


def _corner(node: Node, everything: Mapping[str, Node]) -> tuple[float, float]:
    """Where it stands on the canvas; containers that contain each other end the sum, and so do a great many."""
    x, y, seen = node.position.x, node.position.y, {node.id}
    while node.parent and node.parent in everything and node.parent not in seen and len(seen) < _DEEPEST:
        node = everything[node.parent]
        seen.add(node.id)
        x, y = x + node.position.x, y + node.position.y
    return x, y
