"""What is wrong with the state machines of a diagram: what stands in them, where they begin and end, and their wires."""

from collections import Counter
from collections.abc import Iterator

from backend.core.errors import Problem
from backend.workflows.chart import Chart, label
from backend.workflows.diagram import ERROR_PORT, Node


def problems(chart: Chart) -> Iterator[Problem]:
    """All of them, in no order. Settings that cannot be read are told elsewhere."""
    for node in chart.nodes.values():
        role = chart.role(node.id)
        yield from _place(chart, node, role)
        if role == "machine":
            yield from _machine(chart, node)
        elif role == "state" and chart.in_machine(node.id):
            yield from _ways_out(chart, node)
            yield from _bodies(chart, node)


def _place(chart: Chart, node: Node, role: str | None) -> Iterator[Problem]:
    around = chart.role(chart.parent(node.id))
    if role == "state" and around != "machine":
        told = f"{label(node)} is a state outside of a state machine."
        yield _at(node, told, "Move it into a State machine.", "state_outside")
    elif around == "machine" and role not in ("state", "note", "group", None):
        told = f"{label(node)} stands directly in a state machine, which holds states only."
        yield _at(node, told, "Move it into one of the states.", "not_a_state")
    elif role == "exit" and around != "state":
        told = f"{label(node)} is an exit outside of a state."
        yield _at(node, told, "Move it into a State, or remove it.", "exit_outside")


def _machine(chart: Chart, machine: Node) -> Iterator[Problem]:
    states = [n for n in chart.scopes.get(machine.id, []) if chart.role(n.id) == "state"]
    initial = [state for state in states if state.config.get("initial")]
    if not initial:
        told = f"{label(machine)} has no initial state."
        fix = "Mark the state with which it begins as initial." if states else "Put states inside it."
        yield _at(machine, told, fix, "no_initial_state")
    for extra in initial[1:]:
        told = f"{label(extra)} is a second initial state; a machine has one."
        yield _at(extra, told, "Let only one state be initial.", "two_initial_states")
    if not initial:
        return
    reached = _reached(chart, initial[0].id)
    for state in states:
        if state.id not in reached:
            told = f"No transition leads to {label(state)}: it will never be entered."
            yield _at(state, told, "Wire a transition to it or remove it.", "unreached_state", "warning")
    if not any(chart.nodes[i].config.get("final") for i in reached):
        told = f"{label(machine)} cannot end: no final state can be reached."
        yield _at(machine, told, "Mark a state as final and wire a way to it.", "no_final_state")


def _reached(chart: Chart, first: str) -> set[str]:
    found, waiting = {first}, [first]
    while waiting:
        for wire in chart.outgoing[waiting.pop()]:
            inside = wire.target in chart.nodes and chart.parent(wire.target) == chart.parent(first)
            if inside and wire.target not in found:
                found.add(wire.target)
                waiting.append(wire.target)
    return found


def _ways_out(chart: Chart, state: Node) -> Iterator[Problem]:
    ports = chart.ports(state)
    if ports is None:
        return
    leads = Counter(wire.source_port for wire in chart.outgoing[state.id])
    for port in ports:
        place = f"nodes.{state.id}.config.transitions"
        if leads[port] == 0 and port != ERROR_PORT:
            told = f"The transition {port} of {label(state)} leads nowhere."
            yield _at(state, told, "Wire it to a state, or remove it.", "transition_to_nowhere", place=place)
        elif leads[port] > 1:
            told = (
                f"The transition {port} of {label(state)} leads to {leads[port]} states; it can lead to one."
            )
            fix = "Keep one of the wires, and make a transition with a guard for each of the others."
            yield _at(state, told, fix, "ambiguous_transition", place=place)
    if not ports and not state.config.get("final"):
        told = f"{label(state)} has no transition and is not final: a machine that enters it cannot go on."
        yield _at(state, told, "Add a transition, or mark it as final.", "dead_end_state")
    yield from _never_tried(chart, state)


def _never_tried(chart: Chart, state: Node) -> Iterator[Problem]:
    """Transitions beside one that is always taken before them: at once, or by the same event from higher up."""
    kind = chart.kind(state)
    if kind is None or state.config.get("final"):
        return
    listed = kind.config.model_validate(state.config).model_dump()["transitions"]
    certain = [one for one in listed if not one["after"] and not one["guard"].strip()]
    at_once = next((one for one in certain if not one["event"]), None)
    for number, one in enumerate(listed):
        above = [first for first in certain if first in listed[:number] and first["event"] == one["event"]]
        waits = one["event"] or one["after"]
        taken = at_once if at_once and waits else above[0] if above and not one["after"] else None
        if taken:
            told = f"The transition {one['name']} of {label(state)} is never tried: {taken['name']} is taken first."
            fix = f"Give {taken['name']} a guard, or remove this one."
            place = f"nodes.{state.id}.config.transitions[{number}]"
            yield _at(state, told, fix, "transition_never_tried", "warning", place)


def _bodies(chart: Chart, state: Node) -> Iterator[Problem]:
    """What is played on entry and what on exit must not meet."""
    leaving = exit_part(chart, state.id)
    entering = _behind(chart, {n.id for n in chart.scopes.get(state.id, [])} - leaving)
    for node_id in sorted(leaving & entering):
        node = chart.nodes[node_id]
        told = f"{label(node)} stands behind the entry and behind the exit of {label(state)}."
        yield _at(node, told, "Wire it to one of them only.", "entry_meets_exit")


def exit_part(chart: Chart, state_id: str) -> set[str]:
    """The nodes of a state that are played when it is left: its On exit nodes and all behind them."""
    exits = {n.id for n in chart.scopes.get(state_id, []) if chart.role(n.id) == "exit"}
    return _behind(chart, exits)


def _behind(chart: Chart, first: set[str]) -> set[str]:
    found, waiting = set(first), list(first)
    while waiting:
        fresh = [target for target in chart.flow[waiting.pop()] if target not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _at(node: Node, told: str, fix: str, code: str, severity: str = "error", place: str = "") -> Problem:
    return Problem(told, place or f"nodes.{node.id}", fix, code, node.id, severity)
