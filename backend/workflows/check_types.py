"""Whether settings read what the nodes before give: fields that are not there, and values of another type than is wanted."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from backend.core.errors import Problem
from backend.nodes import templates
from backend.nodes.gives import ValueType
from backend.nodes.kind import Kind
from backend.workflows import mentions
from backend.workflows.chart import Chart, label
from backend.workflows.diagram import Node

_PATH = re.compile(r"\s*(input|nodes\.([a-z][a-z0-9_]*))(?:\.([A-Za-z_]\w*))?((?:\.|\[).*)?\s*", re.DOTALL)
_NAMES: Mapping[ValueType, str] = {
    "text": "text", "number": "a number", "boolean": "yes or no", "list": "a list", "object": "an object",
}  # fmt: skip


def problems(chart: Chart, node: Node, kind: Kind, parts: Sequence[mentions.Part]) -> Iterator[Problem]:
    """Of one node. Only what is certain is told: a path that is written out, to a node whose output is known."""
    takes = _takes(kind)
    for at, value, widget in parts:
        place = f"nodes.{node.id}.config{at}"
        for path in _paths(value, widget):
            found = _source(chart, path)
            if found is None:
                continue
            source, name, deeper = found
            yield from _unknown(chart, node, source, name, place)
            if not deeper and widget == "expression" and at in takes:
                yield from _mismatch(chart, node, source, name, (place, takes[at]))


def _paths(value: Any, widget: str) -> Iterator[str]:
    if not isinstance(value, str):
        return
    if widget == "expression":
        yield value
    elif widget == "template":
        yield from templates.subjects(value)


def _source(chart: Chart, path: str) -> tuple[Node, str, bool] | None:
    """The node that a path reads, the field of its output, and whether the path goes on from there."""
    read = _PATH.fullmatch(path)
    if read is None:
        return None
    source = chart.nodes.get(read[2]) if read[2] else chart.start
    return (source, read[3] or "", bool(read[4])) if source else None


def _unknown(chart: Chart, node: Node, source: Node, name: str, place: str) -> Iterator[Problem]:
    kind = chart.kind(source)
    gives = kind.gives if kind and not _gives_otherwise(source) else None
    if not name or gives is None or not gives.closed or gives.whole != "object":
        return
    known = gives.of(source.config)
    if name not in known:
        told = f"{label(node)} reads “{name}” of {label(source)}, which gives only {', '.join(known)}."
        yield Problem(told, place, "Choose one of these fields.", "unknown_field", node.id, "warning")


def _mismatch(
    chart: Chart, node: Node, source: Node, name: str, wanted: tuple[str, ValueType]
) -> Iterator[Problem]:
    place, takes = wanted
    kind = chart.kind(source)
    if kind is None or kind.gives is None or _gives_otherwise(source):
        return
    gives = kind.gives.of(source.config).get(name, "any") if name else kind.gives.whole
    if gives in ("any", takes):
        return
    whose = f"“{name}” of {label(source)}" if name else label(source)
    told = f"{label(node)} takes {_NAMES[takes]}, but {whose} gives {_NAMES[gives]}."
    yield Problem(told, place, f"Choose a field that holds {_NAMES[takes]}.", "type_mismatch", node.id)


def _gives_otherwise(source: Node) -> bool:
    """True where something else than its kind decides what the node gives."""
    return source.disabled or source.pinned is not None or source.on_error != "fail"


def _takes(kind: Kind) -> dict[str, ValueType]:
    """The fields of the settings that want one type, by their place."""
    fields = cast(dict[str, Any], mentions.schema_of(kind.config).get("properties", {}))
    return {f".{name}": part["takes"] for name, part in fields.items() if "takes" in part}
