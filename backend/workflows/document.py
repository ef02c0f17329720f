"""A diagram as the shared document that people edit together, and back, each time with as few changes as possible."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from pycrdt import Doc, Map
from pydantic import BaseModel, ValidationError

from backend.core.errors import Problem
from backend.workflows.diagram import Comment, Diagram, Node, Wire

ROOTS = ("meta", "nodes", "wires", "comments", "samples")
_PLAIN_NODE_KEYS = (
    "kind", "kind_version", "name", "parent", "disabled", "note", "retry", "timeout_seconds", "cache_seconds", "on_error",
    "default_output", "compensate_with", "pinned",
    "pinned_port", "mock", "group", "locked",
)  # fmt: skip
_META_KEYS = ("name", "description", "max_parallel")
_SAFE_INT = 2**53
_Model = TypeVar("_Model", bound=BaseModel)


class Shared(dict[str, Any]):
    """What becomes a Y.Map of its own, so that two people may change two of its keys at once."""


@dataclass(frozen=True)
class Drawn:
    """The diagram in a document, and what the document holds that no diagram can."""

    diagram: Diagram
    problems: tuple[Problem, ...] = ()


def new(diagram: Diagram) -> Doc[Any]:
    """A document that holds the diagram."""
    doc: Doc[Any] = Doc()
    write(doc, diagram)
    return doc


def write(doc: Doc[Any], diagram: Diagram) -> None:
    """Make the document hold exactly the diagram, changing only what differs."""
    wanted = shared(diagram)
    with doc.transaction():
        for root in ROOTS:
            target = doc.get(root, type=Map)
            _sync(target, _plain(target), wanted[root])


def write_meta(doc: Doc[Any], name: str, description: str) -> None:
    """Change name and description alone."""
    with doc.transaction():
        target = doc.get("meta", type=Map)
        standing = _plain(target)
        _sync(target, standing, Shared({**standing, "name": name, "description": description}))


def read(doc: Doc[Any]) -> Drawn:
    """The diagram in the document; parts that fit no diagram are left out or fall back, each with a problem."""
    plain = {root: _plain(doc.get(root, type=Map)) for root in ROOTS}
    problems: list[Problem] = []
    nodes = [n for key, raw in plain["nodes"].items() if (n := _node(key, raw, problems))]
    wires = [w for key, raw in plain["wires"].items() if (w := _wire(key, raw, problems))]
    comments = [c for key, raw in plain["comments"].items() if (c := _comment(key, raw, problems))]
    ordered = _in_reading_order(nodes)
    places = {node.id: place for place, node in enumerate(ordered)}
    unique = {wire.key: wire for wire in wires}.values()
    raw: dict[str, Any] = {
        **{k: v for k, v in plain["meta"].items() if k in _META_KEYS and v is not None},
        "nodes": ordered,
        "wires": sorted(unique, key=lambda w: (places.get(w.source, -1), w.key)),
        "comments": sorted(comments, key=lambda c: c.id),
        "samples": dict(sorted(plain["samples"].items())),
    }
    diagram = _built(Diagram, raw, "diagram", problems, None) or Diagram()
    return Drawn(diagram, tuple(problems))


def meta(doc: Doc[Any]) -> tuple[str, str]:
    """Name and description alone, without building the diagram."""
    found = _plain(doc.get("meta", type=Map))
    return str(found.get("name") or ""), str(found.get("description") or "")


def shared(diagram: Diagram) -> dict[str, Shared]:
    """The diagram in the shape of the document; defaults are left out."""
    return {
        "meta": _shared_meta(diagram),
        "nodes": Shared({node.id: _shared_node(node) for node in diagram.nodes}),
        "wires": Shared({wire.key: Shared(wire.model_dump(mode="json")) for wire in diagram.wires}),
        "comments": Shared({comment.id: _shared_comment(comment) for comment in diagram.comments}),
        "samples": Shared({name: _number_safe(value) for name, value in diagram.samples.items()}),
    }


def _shared_meta(diagram: Diagram) -> Shared:
    told = Shared(name=diagram.name, description=diagram.description)
    if diagram.max_parallel:
        told["max_parallel"] = diagram.max_parallel
    return told


def _shared_node(node: Node) -> Shared:
    raw = node.model_dump(mode="json", exclude_defaults=True)
    kept = Shared({key: _number_safe(raw[key]) for key in _PLAIN_NODE_KEYS if key in raw})
    kept |= {"name": node.name, "x": _number_safe(node.position.x), "y": _number_safe(node.position.y)}
    if node.size:
        kept |= {"w": _number_safe(node.size[0]), "h": _number_safe(node.size[1])}
    kept["config"] = Shared({key: _number_safe(value) for key, value in node.config.items()})
    return kept


def _shared_comment(comment: Comment) -> Shared:
    raw = comment.model_dump(mode="json", exclude_defaults=True, exclude={"id", "position"})
    at = {"x": _number_safe(comment.position.x), "y": _number_safe(comment.position.y)}
    return Shared(raw | at | {"text": comment.text})


def _number_safe(value: Any) -> Any:
    """The value as JavaScript gives it back, which knows no difference between 5 and 5.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _SAFE_INT:
        return int(value)
    if isinstance(value, dict):
        return {k: _number_safe(v) for k, v in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_number_safe(v) for v in cast(list[Any], value)]
    return value


def _sync(target: Map[Any], current: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for key in current.keys() - wanted.keys():
        del target[key]
    for key, value in wanted.items():
        if key in current and same(current[key], value):
            continue
        if isinstance(value, Shared):
            standing = target.get(key)
            if isinstance(standing, Map):
                _sync(cast(Map[Any], standing), cast(dict[str, Any], current[key]), value)
            else:
                target[key] = _as_map(value)
        else:
            target[key] = value


def _as_map(value: Shared) -> Map[Any]:
    return Map({k: _as_map(v) if isinstance(v, Shared) else v for k, v in value.items()})


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast(dict[str, Any], one), cast(dict[str, Any], other)
        return mine.keys() == theirs.keys() and all(same(v, theirs[k]) for k, v in mine.items())
    if isinstance(one, list) and isinstance(other, list):
        pairs = cast(list[Any], one), cast(list[Any], other)
        return len(pairs[0]) == len(pairs[1]) and all(map(same, *pairs))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _plain(root: Map[Any]) -> dict[str, Any]:
    """The map as JSON. Its own text is four times as fast as `to_py`, and gives 5 where that gives 5.0."""
    text = str(root)
    found: dict[str, Any] = orjson.loads(text)
    return _without_nul(found) if "\\u0000" in text else found


def _without_nul(value: Any) -> Any:
    """PostgreSQL keeps no NUL character, and no person types one."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        return {k.replace("\0", ""): _without_nul(v) for k, v in pairs}
    if isinstance(value, list):
        return [_without_nul(v) for v in cast(list[Any], value)]
    return value


def _node(node_id: str, raw: Any, problems: list[Problem]) -> Node | None:
    fields = _fields(raw)
    data = {key: fields[key] for key in (*_PLAIN_NODE_KEYS, "config") if fields.get(key) is not None}
    data |= {"id": node_id, "position": _position(fields)}
    if fields.get("w") is not None and fields.get("h") is not None:
        data["size"] = (fields["w"], fields["h"])
    return _built(Node, data, f"nodes.{node_id}", problems, node_id)


def _wire(key: str, raw: Any, problems: list[Problem]) -> Wire | None:
    known = {k: v for k, v in _fields(raw).items() if k in Wire.model_fields and v is not None}
    return _built(Wire, known, f"wires.{key}", problems, None)


def _comment(key: str, raw: Any, problems: list[Problem]) -> Comment | None:
    fields = _fields(raw)
    known = {k: v for k, v in fields.items() if k in Comment.model_fields and v is not None}
    return _built(
        Comment, {**known, "id": key, "position": _position(fields)}, f"comments.{key}", problems, None
    )


def _fields(raw: Any) -> dict[str, Any]:
    return cast(dict[str, Any], raw) if isinstance(raw, dict) else {}


def _position(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {axis: fields[axis] for axis in ("x", "y") if isinstance(fields.get(axis), int | float)}


def _built(
    model: type[_Model], data: dict[str, Any], place: str, problems: list[Problem], node_id: str | None
) -> _Model | None:
    """The model from what fits: a field that does not falls back to its default; without a needed one, None."""
    try:
        return model.model_validate(data)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=False)
    bad = {str(error["loc"][0]) for error in errors if error["loc"]}
    for error in errors:
        at = ".".join(str(part) for part in (place, *error["loc"]))
        told = f"{at}: {error['msg']}."
        problems.append(Problem(told, at, "Set it anew.", "draft_part", node_id))
    if not bad & data.keys():
        return None
    return _built(model, {k: v for k, v in data.items() if k not in bad}, place, problems, node_id)


def _in_reading_order(nodes: Iterable[Node]) -> list[Node]:
    """From left to right, each container followed by its body: a document's maps keep no order of their own."""
    by_parent: dict[str | None, list[Node]] = {}
    known = {node.id: node for node in nodes}
    for node in sorted(known.values(), key=lambda n: (n.position.x, n.position.y, n.id)):
        by_parent.setdefault(node.parent if node.parent in known else None, []).append(node)
    ordered: dict[str, Node] = {}
    waiting = [*reversed(by_parent.get(None, []))]
    while waiting:
        node = waiting.pop()
        ordered[node.id] = node
        waiting += reversed(by_parent.get(node.id, []))
    # Bodies whose containers contain each other are reached from nowhere; `check` names them.
    return [*ordered.values(), *(n for n in known.values() if n.id not in ordered)]
