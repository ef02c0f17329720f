"""JSON Schema of the diagram file, for editors and checkers: the short and long forms, and every kind's settings."""

from collections.abc import Mapping
from typing import Any

from backend.nodes import registry
from backend.nodes.kind import Kind
from backend.workflows.diagram import Comment, Diagram, Node, Wire

_PAIR = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_END = {"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,62}(\..*)?$"}


def diagram_schema() -> dict[str, Any]:
    """The schema with every installed kind."""
    return of(registry.all_kinds())


def of(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The whole schema; definitions of a kind are `kind.<name>`."""
    whole = Diagram.model_json_schema(ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = whole["$defs"]
    definitions["Node"] = _with_at(Node.model_json_schema(ref_template="#/$defs/{model}"))
    definitions["Comment"] = _with_at(Comment.model_json_schema(ref_template="#/$defs/{model}"))
    definitions["Wire"] = _short_or_long(Wire.model_json_schema())
    for kind in kinds.values():
        definitions |= _kind(kind)
    definitions["Node"]["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": {"properties": {"config": {"$ref": f"#/$defs/kind.{name}"}}},
        }
        for name in sorted(kinds)
    ]
    return whole | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Quadrille diagram",
        "required": ["quadrille"],
    }


def _with_at(part: dict[str, Any]) -> dict[str, Any]:
    """The short form `at: [x, y]` beside `position`."""
    part.pop("$defs", None)
    part["properties"]["at"] = _PAIR | {"description": "x and y on the canvas"}
    return part


def _short_or_long(long: dict[str, Any]) -> dict[str, Any]:
    short = {
        "type": "object",
        "properties": {
            "from": _END | {"description": "node, or node.port"},
            "to": _END | {"description": "node, or node.port"},
            "label": long["properties"]["label"],
        },
        "required": ["from", "to"],
        "additionalProperties": False,
    }
    return {"anyOf": [short, long]}


def _kind(kind: Kind) -> dict[str, Any]:
    name = f"kind.{kind.name}"
    own = kind.config.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    inner: dict[str, Any] = own.pop("$defs", {})
    own |= {"title": kind.title, "description": kind.help}
    return {name: own, **{f"{name}.{key}": value for key, value in inner.items()}}
