"""Writes a diagram as the file that people would write by hand: short forms, no defaults, long texts as blocks."""

import json
from typing import Any, cast

from backend.core import texts
from backend.workflows.diagram import IN_PORT, Comment, Diagram, Node, Position, Wire

# Drafts forget the order of keys; a file has one all the same, so that two exports of one diagram are equal.
_FIRST = ("id", "name", "label", "title", "type", "model", "by", "field", "operator", "value", "text")
_NODE_KEYS = (
    "disabled", "note", "retry", "timeout_seconds", "cache_seconds", "on_error", "default_output", "compensate_with", "pinned",
    "pinned_port", "mock", "group", "locked",
)  # fmt: skip


def to_yaml(diagram: Diagram) -> str:
    """YAML text; reading it gives the same diagram."""
    return texts.to_yaml(short(diagram))


def to_json(diagram: Diagram) -> str:
    """JSON text in the same form."""
    return json.dumps(short(diagram), indent=2, ensure_ascii=False) + "\n"


def short(diagram: Diagram) -> dict[str, Any]:
    """The diagram in short forms."""
    out: dict[str, Any] = {"quadrille": 1, "name": diagram.name}
    parts: dict[str, Any] = {
        "description": diagram.description,
        "max_parallel": diagram.max_parallel,
        "nodes": [_node(node) for node in diagram.nodes],
        "wires": [_wire(wire) for wire in diagram.wires],
        "comments": [_comment(comment) for comment in diagram.comments],
        "samples": {name: _in_order(sample) for name, sample in diagram.samples.items()},
    }
    return out | {key: value for key, value in parts.items() if value}


def _node(node: Node) -> dict[str, Any]:
    raw = node.model_dump(mode="json", exclude_defaults=True)
    out: dict[str, Any] = {"id": node.id, "kind": node.kind}
    out |= {key: raw[key] for key in ("kind_version", "name", "parent") if key in raw}
    if node.position != Position():
        out["at"] = _pair(node.position)
    if node.size:
        out["size"] = [_whole(side) for side in node.size]
    if node.config:
        out["config"] = _in_order(node.config)
    return out | {key: raw[key] for key in _NODE_KEYS if key in raw}


def _in_order(value: Any) -> Any:
    """Keys in one order at every depth: what names a thing first, the rest by the alphabet."""
    if isinstance(value, list):
        return [_in_order(entry) for entry in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    found = cast(dict[str, Any], value)
    return {key: _in_order(found[key]) for key in sorted(found, key=_rank)}


def _rank(key: str) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), key)


def _wire(wire: Wire) -> dict[str, Any]:
    out: dict[str, Any] = {
        "from": _end(wire.source, wire.source_port, "out"),
        "to": _end(wire.target, wire.target_port, IN_PORT),
    }
    return out | ({"label": wire.label} if wire.label else {})


def _comment(comment: Comment) -> dict[str, Any]:
    raw = comment.model_dump(mode="json", exclude_defaults=True, exclude={"position"})
    return raw | ({"at": _pair(comment.position)} if comment.position != Position() else {})


def _end(node: str, port: str, default: str) -> str:
    return node if port == default else f"{node}.{port}"


def _pair(position: Position) -> list[float]:
    return [_whole(position.x), _whole(position.y)]


def _whole(number: float) -> float:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
