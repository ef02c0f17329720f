"""Where settings speak of other nodes: expressions and templates, whether they can be read, and whether what they read has run."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, cast

from pydantic import ValidationError

from backend.core.errors import Problem
from backend.nodes import expressions, rules, templates
from backend.nodes.expression_words import EVERYWHERE, IN_BODIES, IN_COMPENSATIONS
from backend.nodes.kind import Kind, NodeConfig
from backend.workflows.chart import Chart, label
from backend.workflows.diagram import Node

Part = tuple[str, Any, str]
_READERS = {"template": templates, "expression": expressions}


class Before:
    """Which nodes have run when a node starts, and which can run only after it; as bit sets, 10,000 nodes at once."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.number = {node_id: index for index, node_id in enumerate(chart.nodes)}

    def has_run(self, other: str, node_id: str) -> bool:
        """True when `other` is on a way to `node_id`, or to a container around it."""
        return bool(self._sets.get(node_id, 0) >> self.number[other] & 1)

    def comes_later(self, other: str, node_id: str) -> bool:
        """True when `node_id`, or the container around it, is on a way to `other`."""
        return any(self.has_run(at, other) for at in (node_id, *self._around(node_id)))

    def in_a_loop_with(self, other: str, node_id: str) -> bool:
        """True when both are in one loop or state machine: `other` may have run in an earlier round or visit."""
        return any(
            self.chart.role(at) in ("loop", "machine")
            for at in set(self._around(other)) & set(self._around(node_id))
        )

    def shares_scope(self, other: str, node_id: str) -> bool:
        """True when the outputs of `other` can be seen from where `node_id` is."""
        return self.chart.parent(other) in (None, *self._around(node_id))

    def _around(self, node_id: str) -> Iterator[str]:
        at = self.chart.parent(node_id)
        while at is not None:
            yield at
            at = self.chart.parent(at)

    @cached_property
    def _sets(self) -> dict[str, int]:
        found: dict[str, int] = {}
        by_scope: dict[str | None, list[str]] = {}
        # A compensation comes last: what it undoes, and all before that, has run.
        for node_id in sorted(self.chart.order, key=lambda node_id: node_id in self.chart.undoes):
            by_scope.setdefault(self.chart.parent(node_id), []).append(node_id)
        scopes: list[str | None] = [None]
        while scopes:
            scope = scopes.pop()
            for node_id in by_scope.get(scope, []):
                found[node_id] = self._before(node_id, found, found.get(scope, 0) if scope else 0)
                if node_id in by_scope:
                    scopes.append(node_id)
        return found

    def _before(self, node_id: str, found: Mapping[str, int], outside: int) -> int:
        before = outside
        for wire in self.chart.incoming[node_id]:
            if wire.source in found and self.chart.parent(wire.source) == self.chart.parent(node_id):
                before |= found[wire.source] | 1 << self.number[wire.source]
        undone = self.chart.undoes.get(node_id)
        if undone is not None and undone in found and self.chart.parent(undone) == self.chart.parent(node_id):
            before |= found[undone] | 1 << self.number[undone]
        return before


def problems(
    chart: Chart, node: Node, kind: Kind, before: Before, found: Sequence[Part]
) -> Iterator[Problem]:
    """What is wrong with the node's expressions, templates and rules."""
    names = (*EVERYWHERE, *IN_BODIES) if chart.parent(node.id) or kind.is_container else EVERYWHERE
    if node.id in chart.undoes:
        names = (*names, *IN_COMPENSATIONS)
    for at, value, widget in found:
        place = f"nodes.{node.id}.config{at}"
        wrong, references = _read(value, widget, names, place)
        for problem in wrong:
            told = f"{label(node)}: {problem.message}"
            yield Problem(told, problem.place, problem.fix, problem.code, node.id)
        for other in sorted(references):
            yield from _reference(chart, node, other, place, before)


def _read(value: Any, widget: str, names: tuple[str, ...], place: str) -> tuple[list[Problem], set[str]]:
    """What is wrong with a part of the settings in itself, and the nodes it speaks of."""
    if widget == "rules":
        try:
            rows = rules.Rules.model_validate(value)
        except ValidationError:
            return [], set()  # told as a wrong setting
        return rules.problems_of(rows, place=place), rules.references(rows)
    reader = _READERS.get(widget)
    if reader is None or not isinstance(value, str) or not value.strip():
        return [], set()
    return reader.problems_of(value, names, place=place), reader.references(value)


def parts(kind: Kind, node: Node) -> Iterator[Part]:
    """Every part of the settings whose field has a widget: its place, its value, the widget."""
    schema = schema_of(kind.config)
    definitions = cast(dict[str, Any], schema.get("$defs", {}))
    yield from _widgets(schema, node.config, "", definitions)


def _reference(chart: Chart, node: Node, other: str, place: str, before: Before) -> Iterator[Problem]:
    if other not in chart.nodes:
        told = f"{label(node)} reads nodes.{other}, and there is no such node."
        fix = "Use the id of a node that exists."
        yield Problem(told, place, fix, "unknown_node", node.id)
    elif other == node.id or before.comes_later(other, node.id):
        if not before.in_a_loop_with(other, node.id):
            told = f"{label(node)} reads {label(chart.nodes[other])}, which runs only after it."
            fix = "Read a node on the way to this one."
            yield Problem(told, place, fix, "not_yet_run", node.id)
    elif not before.shares_scope(other, node.id):
        told = f"{label(node)} reads {label(chart.nodes[other])}, which is inside a container."
        fix = "Read the container's own result instead."
        yield Problem(told, place, fix, "inside_container", node.id, "warning")
    elif not before.has_run(other, node.id) and not chart.in_machine(other):
        told = f"{label(node)} reads {label(chart.nodes[other])}, which may not have run before it."
        fix = "Wire that node on the way to this one, or expect an empty value."
        yield Problem(told, place, fix, "may_not_have_run", node.id, "warning")


@lru_cache(maxsize=1000)
def schema_of(config: type[NodeConfig]) -> dict[str, Any]:
    """The JSON Schema of a kind's settings, made once."""
    return config.model_json_schema()


def _widgets(
    schema: Mapping[str, Any], value: Any, place: str, definitions: Mapping[str, Any]
) -> Iterator[tuple[str, Any, str]]:
    if widget := _widget(schema, definitions):
        yield place, value, widget
    for step, part, inner in _inner(schema, value, definitions):
        yield from _widgets(part, inner, place + step, definitions)


def _inner(
    schema: Mapping[str, Any], value: Any, definitions: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """What is directly inside a value: the step to it, its schema, and itself."""
    if isinstance(value, dict):
        for key, inner in cast(dict[str, Any], value).items():
            for part in _inside(schema, key, definitions):
                yield f".{key}", part, inner
    elif isinstance(value, list):
        entries = cast(list[Any], value)
        for part in _entries(schema, definitions):
            yield from ((f"[{index}]", part, inner) for index, inner in enumerate(entries))


def _widget(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    return next((s["widget"] for s in _shapes(schema, definitions) if isinstance(s.get("widget"), str)), "")


def _inside(
    schema: Mapping[str, Any], key: str, definitions: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    for shape in _shapes(schema, definitions):
        inner = shape.get("properties", {}).get(key, shape.get("additionalProperties"))
        if isinstance(inner, dict):
            yield cast(dict[str, Any], inner)
            return


def _entries(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for shape in _shapes(schema, definitions):
        if isinstance(shape.get("items"), dict):
            yield shape["items"]
            return


def _shapes(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and what it refers to or chooses between."""
    waiting = [schema]
    while waiting:
        shape = waiting.pop()
        yield shape
        if "$ref" in shape:
            waiting.append(definitions.get(str(shape["$ref"]).rpartition("/")[2], {}))
        waiting += [*shape.get("anyOf", []), *shape.get("oneOf", []), *shape.get("allOf", [])]
