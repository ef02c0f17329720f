"""The graphs of an exported module: one of the workflow, and one for the inside of each container."""

from backend.workflows.diagram import Node
from backend.workflows.langgraph_module.functions import Functions
from backend.workflows.langgraph_module.plan import AGAIN, Plan, Scope
from backend.workflows.langgraph_module.states import functions as state_functions


def root(write: Functions) -> list[str]:
    """All functions, the graph of the workflow last."""
    scope = write.plan.scope(None)
    parts = _inside(write, scope)
    head = ["def build(checkpointer: Any = None) -> Any:", '    """The workflow as a LangGraph graph."""']
    return [*parts, _graph(write, scope, head, "graph.compile(checkpointer=checkpointer)")]


def _inside(write: Functions, scope: Scope) -> list[str]:
    parts: list[str] = []
    for node in scope.nodes:
        kind, config = write.read(node)
        if kind and kind.is_container and config is not None and not node.disabled:
            parts += _body(write, node, kind.role)
        parts += write.of(node)
    return parts


def _body(write: Functions, node: Node, role: str) -> list[str]:
    plan, name = write.plan, write.names[node.id]
    if role == "machine":
        return _states(write, node)
    leaving = plan.leaving(node.id) if role == "state" else set[str]()
    parts: list[str] = []
    for end, scope in (
        ("body", plan.scope(node.id, but=leaving)),
        ("exit", plan.scope(node.id, only=leaving)),
    ):
        if scope.nodes:
            parts += [*_inside(write, scope), _graph(write, scope, _cached(node, f"{name}_{end}"))]
    return parts


def _cached(node: Node, name: str) -> list[str]:
    told = (node.name or node.id).replace("\\", "/").replace('"', "'").replace("\n", " ")
    return ["@functools.cache", f"def {name}() -> Any:", f'    """What is played inside {told}."""']


def _states(write: Functions, machine: Node) -> list[str]:
    config = write.read(machine)[1]
    most: int = getattr(config, "max_transitions", 100)
    states = [
        n for n in write.plan.chart.scopes.get(machine.id, []) if write.plan.chart.role(n.id) == "state"
    ]
    parts = [
        text
        for node in states
        for text in (*_body(write, node, "state"), *state_functions(write, node, most))
    ]
    initial = tuple(node.id for node in states if node.config.get("initial"))
    lines = [f"    graph.add_node({n.id!r}, {write.names[n.id]})" for n in states]
    lines += [f"    graph.add_edge(START, {name!r})" for name in initial[:1]]
    for node in states:
        ways = {port: targets[:1] for port, targets in write.plan.targets[node.id].items()}
        lines += [f"    lead(graph, {node.id!r}, {ways!r})"] if ways else []
    head = _cached(machine, f"{write.names[machine.id]}_body")
    return [*parts, "\n".join([*head, _NEW, *lines, "    return graph.compile()"])]


_NEW = "    graph = StateGraph(State)"


def _graph(write: Functions, scope: Scope, head: list[str], made: str = "graph.compile()") -> str:
    lines = [*head, _NEW]
    for node in scope.nodes:
        lines += [f"    {line}" for line in _added(write, node)]
    lines += [f"    graph.add_edge(START, {node_id!r})" for node_id in scope.entries]
    for node in scope.nodes:
        lines += [f"    {line}" for line in _wired(write.plan, node)]
    return "\n".join([*lines, f"    return {made}"])


def _added(write: Functions, node: Node) -> list[str]:
    name = write.names[node.id]
    if not _plays_many(write.plan, node):
        return [f"graph.add_node({node.id!r}, {name})"]
    return [
        f"graph.add_node({node.id!r}, {name}_items)",
        f'graph.add_node("{node.id}.each", {name}_each)',
        f'graph.add_node("{node.id}.gather", {name})',
    ]


def _wired(plan: Plan, node: Node) -> list[str]:
    ways = plan.ways(node.id)
    if _plays_many(plan, node):
        leaving = [f'lead(graph, "{node.id}.gather", {ways!r})'] if ways else []
        return [f"lead_each(graph, {node.id!r}, {ways!r})", *leaving]
    if plan.chart.role(node.id) == "loop" and not node.disabled:
        return [f"lead(graph, {node.id!r}, { ({AGAIN: [node.id]} | ways)!r})"]
    if set(ways) == {"out"} and not plan.meets(node.id):
        return [f"graph.add_edge({node.id!r}, {target!r})" for target in ways["out"]]
    return [f"lead(graph, {node.id!r}, {ways!r})"] if ways else []


def _plays_many(plan: Plan, node: Node) -> bool:
    return plan.chart.role(node.id) == "map" and not node.disabled
