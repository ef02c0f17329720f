"""What is wrong with compensations: the nodes that undo others when their saga fails."""

from collections import Counter
from collections.abc import Iterator

from backend.core.errors import Problem
from backend.workflows.chart import Chart, label
from backend.workflows.diagram import Node


def problems(chart: Chart) -> Iterator[Problem]:
    """All of them, in no order."""
    named = Counter(n.compensate_with for n in chart.nodes.values() if n.compensate_with)
    for node in chart.nodes.values():
        if node.compensate_with:
            yield from _named(chart, node, node.compensate_with, shared=named[node.compensate_with] > 1)
        kind = chart.kind(node)
        if kind and kind.role == "saga" and not _has_any(chart, node):
            told = f"{label(node)} undoes nothing: no node in it names a compensation."
            fix = "Choose a compensation in the settings of the nodes whose effects are to be undone."
            yield _at(node, told, fix, "nothing_to_undo", "warning")


def _named(chart: Chart, node: Node, name: str, *, shared: bool) -> Iterator[Problem]:
    undo = chart.nodes.get(name)
    if undo is None:
        told = f"{label(node)} is undone by “{name}”, and there is no such node."
        yield _at(node, told, "Choose another compensation, or none.", "unknown_compensation")
        return
    told = f"{label(node)} is undone by {label(undo)}"
    if undo is node:
        yield _at(node, f"{label(node)} is to undo itself.", "Choose another node.", "own_compensation")
        return
    if chart.parent(undo.id) != chart.parent(node.id):
        yield _at(
            node, f"{told}, which is in another container.", "Move both into one.", "compensation_elsewhere"
        )
    if not any(_is_saga(chart, around) for around in _around(chart, node)):
        fix = "Put it into a Saga, or remove the compensation."
        yield _at(node, f"{label(node)} names a compensation but is in no saga.", fix, "no_saga", "warning")
    if shared:
        fix = "Give each step a compensation of its own."
        yield _at(node, f"{told}, which undoes other steps as well.", fix, "shared_compensation")
    yield from _undo(chart, node, undo)


def _undo(chart: Chart, node: Node, undo: Node) -> Iterator[Problem]:
    kind = chart.kind(undo)
    if chart.incoming[undo.id] or chart.outgoing[undo.id]:
        told = f"{label(undo)} undoes {label(node)} but is also wired: a compensation is played only to undo."
        yield _at(
            undo, told, "Remove its wires, or give the step another compensation.", "compensation_wired"
        )
    if undo.compensate_with:
        told = f"{label(undo)} undoes {label(node)} and names a compensation itself."
        yield _at(undo, told, "Remove the compensation of the compensation.", "compensation_of_compensation")
    if kind and kind.role != "step":
        told = f"{label(undo)} undoes {label(node)}, but a {kind.title} cannot be a compensation."
        yield _at(node, told, "Choose a node that does the undoing in one step.", "compensation_kind")
    own = chart.kind(node)
    if own and own.role in ("start", "end", "note", "group"):
        told = f"{label(node)} is a {own.title}: there is nothing to undo."
        yield _at(node, told, "Remove its compensation.", "nothing_to_undo")


def _has_any(chart: Chart, saga: Node) -> bool:
    return any(node.compensate_with and saga in _around(chart, node) for node in chart.nodes.values())


def _around(chart: Chart, node: Node) -> list[Node]:
    found: list[Node] = []
    at = chart.parent(node.id)
    while at is not None:
        found.append(chart.nodes[at])
        at = chart.parent(at)
    return found


def _is_saga(chart: Chart, node: Node) -> bool:
    kind = chart.kind(node)
    return kind is not None and kind.role == "saga"


def _at(node: Node, told: str, fix: str, code: str, severity: str = "error") -> Problem:
    return Problem(told, f"nodes.{node.id}.compensate_with", fix, code, node.id, severity)
