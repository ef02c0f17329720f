"""What the result of a step hangs on, as one hash a node: two versions agree about a step where these agree."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from backend.engine.ir import Part, Program, Scope
from backend.workflows.diagram import ERROR_PORT


@dataclass(frozen=True, slots=True)
class Signature:
    """`entry`: the node's own settings, its container, and everything before it. `whole`: what is inside it, too."""

    entry: str
    whole: str


def signatures(program: Program, *, use_pinned: bool) -> dict[str, Signature]:
    """By node id. Names, positions, notes, tries and time limits do not count: they change no result."""
    found: dict[str, Signature] = {}
    _of_scope(program.root, "", found, use_pinned=use_pinned)
    return found


def _of_scope(scope: Scope, around: str, found: dict[str, Signature], *, use_pinned: bool) -> None:
    """Along the wires; nodes that lead in a circle hang on each other and share what they hang on."""
    incoming: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for source, port, target in _wires(scope):
        incoming[target].append((source, port))
    for group in _in_order(scope, {node_id: len(incoming[node_id]) for node_id in scope.parts}):
        wires = [wire for node_id in group for wire in incoming[node_id]]
        before = sorted(f"{found[source].whole}.{port}" for source, port in wires if source in found)
        shared = sorted(_own(scope.parts[node_id], use_pinned=use_pinned) for node_id in group)
        for node_id in group:
            entry = _hash([around, node_id, *shared, *before])
            found[node_id] = _with_body(scope.parts[node_id], entry, found, use_pinned=use_pinned)


def _wires(scope: Scope) -> Iterator[tuple[str, str, str]]:
    for part in scope.parts.values():
        for port, targets in part.targets.items():
            yield from ((part.node.id, port, target) for target in targets)


def _in_order(scope: Scope, left: dict[str, int]) -> Iterator[list[str]]:
    """Each node after those that lead to it; what leads in a circle, and all behind it, comes last and together."""
    free = [node_id for node_id, count in left.items() if not count]
    while free:
        node_id = free.pop()
        del left[node_id]
        yield [node_id]
        for target in (t for targets in scope.parts[node_id].targets.values() for t in targets):
            left[target] -= 1
            if not left[target]:
                free.append(target)
    if left:
        yield list(left)


def _with_body(part: Part, entry: str, found: dict[str, Signature], *, use_pinned: bool) -> Signature:
    if part.body is None:
        return Signature(entry, entry)
    inside: list[str] = []
    for scope in (part.body, part.leaving):
        if scope is not None:
            _of_scope(scope, entry, found, use_pinned=use_pinned)
            inside += [found[node_id].whole for node_id in scope.parts]
    return Signature(entry, _hash([entry, *sorted(inside)]))


def _own(part: Part, *, use_pinned: bool) -> str:
    node = part.node
    own = {
        "kind": node.kind,
        "version": part.kind.version,
        "config": part.config.model_dump(mode="json"),
        "disabled": node.disabled,
        "default": node.default_output if node.on_error == "default" else None,
        "on_error": node.on_error,
        "routed": ERROR_PORT in part.targets,
        "pinned": [node.pinned, node.pinned_port, node.mock and node.mock.model_dump()]
        if use_pinned and (node.pinned is not None or node.mock is not None)
        else None,
    }
    return _hash([orjson.dumps(own, option=orjson.OPT_SORT_KEYS).decode()])


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
