"""What is wrong with the shape of a diagram: its starts, wires, containers, cycles, and parts that nothing reaches."""

import ast
from collections.abc import Iterator

from backend.core.errors import Problem
from backend.workflows.chart import Chart, label
from backend.workflows.cycles import cycles
from backend.workflows.diagram import ERROR_PORT, IN_PORT, Node, Wire

MAX_DEPTH = 32


def problems(chart: Chart) -> Iterator[Problem]:
    """All of them, in no order."""
    yield from _starts(chart)
    for wire in chart.diagram.wires:
        yield from _wire(chart, wire)
    for node in chart.nodes.values():
        yield from _container(chart, node)
        yield from _joins_and_branches(chart, node)
        yield from _loop(chart, node)
    yield from _cycles(chart)
    yield from _unreached(chart)


def _starts(chart: Chart) -> Iterator[Problem]:
    starts = [n for n in chart.nodes.values() if (kind := chart.kind(n)) and kind.role == "start"]
    if not starts:
        yield Problem(
            "The workflow has no start.",
            "nodes",
            "Add a Start node and wire it to the first step.",
            "no_start",
        )
    for extra in starts[1:]:
        told = f"{label(extra)} is a second start; a workflow has one."
        yield _at(extra, told, "Remove it, or merge its fields into the other start.", "two_starts")
    for inside in (s for s in starts[:1] if s.parent):
        yield _at(inside, f"{label(inside)} is a start inside a container.", "Move it out.", "start_inside")


def _wire(chart: Chart, wire: Wire) -> Iterator[Problem]:
    ends = [(wire.source, "comes from"), (wire.target, "leads to")]
    missing = [(end, how) for end, how in ends if end not in chart.nodes]
    for end, how in missing:
        yield _on(
            wire, f"A wire {how} “{end}”, and there is no such node.", "Remove the wire.", "wire_to_nowhere"
        )
    if missing:
        return
    source, target = chart.nodes[wire.source], chart.nodes[wire.target]
    if source is target and not chart.in_machine(source.id):
        yield _on(
            wire, f"{label(source)} is wired to itself.", "Put it into a Loop to repeat it.", "self_loop"
        )
    elif chart.parent(source.id) != chart.parent(target.id):
        told = f"The wire from {label(source)} to {label(target)} crosses the border of a container."
        yield _on(wire, told, "Wire the container itself, or move both nodes into it.", "wire_crosses_border")
    yield from _ports(chart, wire, source, target)


def _ports(chart: Chart, wire: Wire, source: Node, target: Node) -> Iterator[Problem]:
    ports, kind = chart.ports(source), chart.kind(target)
    if ports is not None and wire.source_port not in ports:
        has = f"it has {', '.join(ports)}" if ports else "it has none"
        fix = "Wire it from another port, or remove the wire."
        if wire.source_port == ERROR_PORT:
            fix = "Choose “leave by the error port” as what the node does on an error."
        told = f"{label(source)} has no port “{wire.source_port}”; {has}."
        yield _on(wire, told, fix, "unknown_port")
    if wire.target_port != IN_PORT:
        told = f"{label(target)} has no input “{wire.target_port}”; it has {IN_PORT}."
        yield _on(wire, told, f"Wire it to {IN_PORT}.", "unknown_port")
    if kind and kind.role in ("start", "exit", "note", "group"):
        told = f"Nothing can lead into {label(target)}: it is a {kind.title}."
        yield _on(wire, told, "Remove the wire.", "no_way_in")


def _container(chart: Chart, node: Node) -> Iterator[Problem]:
    parent = chart.nodes.get(node.parent) if node.parent else None
    if node.id in chart.nested_in_itself:
        yield _at(node, f"{label(node)} is inside itself.", "Move it out of its container.", "inside_itself")
    elif node.parent and parent is None:
        told = f"{label(node)} is in the container “{node.parent}”, and there is no such node."
        yield _at(node, told, "Move it out, or put it into a container that exists.", "no_container")
    elif parent and (kind := chart.kind(parent)) and not kind.is_container:
        told = f"{label(node)} is inside {label(parent)}, which is a {kind.title} and holds nothing."
        yield _at(node, told, "Move it out.", "no_container")
    yield from _group(chart, node)
    own = chart.kind(node)
    if (
        own
        and own.role in ("map", "loop")
        and not any(_plays(chart, n) for n in chart.scopes.get(node.id, []))
    ):
        yield _at(node, f"{label(node)} is empty.", "Put the nodes to repeat inside it.", "empty_container")


def _group(chart: Chart, node: Node) -> Iterator[Problem]:
    """A group is only drawn, so a wrong one stops no run."""
    group = chart.nodes.get(node.group) if node.group else None
    kind = chart.kind(group) if group else None
    if node.group and (not group or not kind or kind.role != "group" or group.parent != node.parent):
        told = f"{label(node)} is in the group “{node.group}”, and there is no such group in its container."
        yield _at(node, told, "Remove its `group`, or name one that exists.", "no_group", "warning")


def _plays(chart: Chart, node: Node) -> bool:
    kind = chart.kind(node)
    return kind is None or kind.role not in ("note", "group")


def _joins_and_branches(chart: Chart, node: Node) -> Iterator[Problem]:
    kind = chart.kind(node)
    if kind and kind.role == "join" and len(chart.incoming[node.id]) == 1:
        told = f"{label(node)} joins one branch only."
        yield _at(node, told, "Wire the other branches to it, or remove it.", "lonely_join", "warning")
    wired = {wire.source_port for wire in chart.outgoing[node.id]}
    failing = "compensated" if kind and kind.role == "saga" else ""  # a saga that is not wired there fails
    ports = [port for port in chart.ports(node) or () if port != failing]
    loose = [port for port in ports if port not in wired]
    if len(ports) > 1 and loose and not chart.in_machine(node.id):
        told = f"{label(node)} leads nowhere from {', '.join(loose)}: a run that leaves there ends."
        yield _at(node, told, "Wire the port if the run should go on.", "loose_port", "warning")


def _loop(chart: Chart, node: Node) -> Iterator[Problem]:
    """A loop whose end hangs on nothing; and containers so deep that the place of a step has no room in an index."""
    kind, until = chart.kind(node), node.config.get("until")
    if kind and kind.role == "loop" and isinstance(until, str) and _never_changes(until):
        told = f"{label(node)} has no way out but its bound: “{until.strip()}” never changes."
        fix = "Let it end by what its rounds give, for example previous.score >= 8."
        yield _at(node, told, fix, "loop_without_exit", "warning")
    depth, at = 0, chart.parent(node.id)
    while at is not None and depth <= MAX_DEPTH + 1:
        depth, at = depth + 1, chart.parent(at)
    if depth == MAX_DEPTH + 1:
        told = f"{label(node)} is inside more than {MAX_DEPTH} containers."
        yield _at(node, told, "Move some of them out, or into a workflow of their own.", "nested_too_deep")


def _never_changes(expression: str) -> bool:
    try:
        read = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # told as a wrong expression
    return not any(isinstance(part, ast.Name) for part in ast.walk(read))


def _cycles(chart: Chart) -> Iterator[Problem]:
    for cycle in cycles(chart.flow, chart.nodes.keys() - set(chart.order)):
        first = min(range(len(cycle)), key=lambda i: cycle[i])
        named = [*cycle[first:], *cycle[:first], cycle[first]]
        told = f"These nodes lead in a circle: {' → '.join(named)}."
        fix = "Use a Loop: put the nodes to repeat inside it."
        yield _at(chart.nodes[named[0]], told, fix, "cycle")


def _unreached(chart: Chart) -> Iterator[Problem]:
    starts = [n for n in chart.nodes.values() if (kind := chart.kind(n)) and kind.role == "start"]
    if not starts:
        return
    reached = {start.id for start in starts}
    waiting = list(reached)
    while waiting:
        fresh = [target for target in chart.flow[waiting.pop()] if target not in reached]
        reached.update(fresh)
        waiting += fresh
    for node in chart.scopes.get(None, []):
        if node.id not in reached and node.id not in chart.undoes and _plays(chart, node):
            told = f"Nothing leads to {label(node)}: it will never be played."
            yield _at(node, told, "Wire it, disable it or remove it.", "unreached", "warning")


def _at(node: Node, told: str, fix: str, code: str, severity: str = "error") -> Problem:
    return Problem(told, f"nodes.{node.id}", fix, code, node.id, severity)


def _on(wire: Wire, told: str, fix: str, code: str) -> Problem:
    return Problem(told, f"wires.{wire.key}", fix, code, wire.source)
