"""The states of a machine: each a node of its own graph, which chooses the transition by which it is left."""

from typing import Any

from backend.workflows.diagram import Node
from backend.workflows.langgraph_module import expressions as py
from backend.workflows.langgraph_module.functions import Functions, drawn


def functions(write: Functions, node: Node, most: int) -> list[str]:
    """The function of a state, and the one that chooses its transition."""
    config: Any = write.read(node)[1]
    name = write.names[node.id]
    if config is None:
        return write.of(node)
    inside = write.plan.scope(node.id, but=write.plan.leaving(node.id)).nodes
    lines = _entered(write, node, name)
    if not config.final or inside:
        lines.insert(0, f"index = entered({node.id!r}, state)")
    if config.final:
        lines.append(f'return left_state({node.id!r}, state, output, "", None, {most})')
        return [drawn(name, f"State: {node.name or node.id}.", lines, own=("index",))]
    lines += [*_left(node, config, name), *_exit(write, node, name)]
    lines.append(f"return left_state({node.id!r}, state, output, by, event, {most})")
    _say(write, node, config)
    return [
        drawn(f"{name}_way", f"How {node.name or node.id} is left.", _choice(config), parameters=_CHOOSER),
        drawn(name, f"State: {node.name or node.id}.", lines, own=("index", "event")),
    ]


_CHOOSER = "state: State, trigger: Any"


def _entered(write: Functions, node: Node, name: str) -> list[str]:
    inside = write.plan.scope(node.id, but=write.plan.leaving(node.id))
    if not inside.nodes:
        return ["output = None"]
    ends = f", {inside.ends!r}" if inside.ends else ""
    return [f"output = result({name}_body().invoke(inner(state, index=index)){ends})"]


def _left(node: Node, config: Any, name: str) -> list[str]:
    events = list(dict.fromkeys((one.event, one.key) for one in config.transitions if one.event))
    listed = ", ".join(f"({event!r}, {_key(key)})" for event, key in events)
    times = {one.name: one.after for one in config.transitions if one.after}
    seen = "{**state, 'index': index}"
    return [f"by, event = leave_state({node.id!r}, {seen}, output, {name}_way, [{listed}], {times!r})"]


def _exit(write: Functions, node: Node, name: str) -> list[str]:
    if not write.plan.leaving(node.id):
        return []
    seen = "inner(state, index=index, previous=output, event=event, transition=by)"
    return [f"{name}_exit().invoke({seen})"]


def _choice(config: Any) -> list[str]:
    lines: list[str] = []
    for one in config.transitions:
        opened = "not trigger"
        if one.event:
            opened = f'trigger == {{"event": {one.event!r}, "key": {_key(one.key)}}}'
        elif one.after:
            opened = f'trigger == {{"after": {one.name!r}}}'
        guard = f" and ({py.value(one.guard)})" if one.guard.strip() else ""
        lines += [f"if {opened}{guard}:", f"    return {one.name!r}"]
    return [*lines, "return None"]


def _key(key: str) -> str:
    return f"{py.text(key)}.strip()" if key else '""'


def _say(write: Functions, node: Node, config: Any) -> None:
    if any(one.event for one in config.transitions):
        write.say(node, "interrupts the graph until it is resumed with one of its events")
    if any(one.after for one in config.transitions):
        write.say(node, "waits for its times by sleeping, or for an answer such as {'after': name}")
