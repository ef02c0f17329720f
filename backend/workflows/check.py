"""Everything that is wrong with a diagram, all at once: each problem with its node, its place and how to mend it."""

from collections import Counter
from collections.abc import Mapping, Set

from backend.core.errors import Problem
from backend.nodes.kind import Kind
from backend.workflows import check_graph, check_machines, check_saga, check_settings
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram

MAX_NODES = 10_000


def problems(
    diagram: Diagram,
    kinds: Mapping[str, Kind],
    secrets: Set[str] | None = None,
    *,
    max_nodes: int = MAX_NODES,
) -> list[Problem]:
    """All problems, errors before warnings; `secrets` are the names the team has, None when nobody knows."""
    if len(diagram.nodes) > max_nodes:
        told = f"The diagram has {len(diagram.nodes)} nodes; {max_nodes} are allowed."
        return [Problem(told, "nodes", "Cut it into smaller workflows.", "too_many_nodes")]
    chart = Chart(diagram, kinds)
    found = [
        *_twice(diagram),
        *check_settings.problems(chart, secrets),
        *check_graph.problems(chart),
        *check_machines.problems(chart),
        *check_saga.problems(chart),
    ]
    return sorted(found, key=lambda p: p.severity != "error")


def errors(found: list[Problem]) -> list[Problem]:
    """Those that keep a diagram from being published or run."""
    return [problem for problem in found if problem.severity == "error"]


def _twice(diagram: Diagram) -> list[Problem]:
    nodes = (node_id for node_id, count in Counter(n.id for n in diagram.nodes).items() if count > 1)
    wires = (key for key, count in Counter(w.key for w in diagram.wires).items() if count > 1)
    return [
        *(
            Problem(f"Two nodes have the id {i}.", f"nodes.{i}", "Give one of them another id.", "twice", i)
            for i in nodes
        ),
        *(
            Problem(f"The wire {key} is there twice.", f"wires.{key}", "Remove one of them.", "twice")
            for key in wires
        ),
    ]
