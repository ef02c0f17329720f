"""A diagram as a Python module that LangGraph plays: functions after its nodes, a graph, and `main`."""

import subprocess
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs]

from backend.core.errors import Invalid
from backend.nodes.kind import Kind
from backend.workflows.chart import Chart
from backend.workflows.diagram import Diagram
from backend.workflows.langgraph_module import graphs, library, naming
from backend.workflows.langgraph_module.functions import Functions
from backend.workflows.langgraph_module.plan import Plan

LINE_LENGTH = 100
MOST_NODES = 1_000
_SECONDS = 20
_OTHERWISE = (
    "Nothing is kept when the process ends, unless `build` is given a checkpointer that writes to a disk; with one,"
    " a step that was broken off begins anew.",
    "Steps that are ready at the same time are played in rounds: a round ends with its slowest step.",
    "There are no limits of time, memory or output, no budgets, roles or audit; secrets are environment variables.",
)


@dataclass(frozen=True)
class Module:
    """The source, and what behaves otherwise than in Quadrille: the name of a node and a sentence about it."""

    source: str
    remarks: tuple[tuple[str, str], ...]


def written(diagram: Diagram, kinds: Mapping[str, Kind]) -> Module:
    """The module; what could not be carried over stands in its head, and as a function to fill in."""
    if len(diagram.nodes) > MOST_NODES:
        told = f"The diagram has {len(diagram.nodes)} nodes; a module may have {MOST_NODES}."
        raise Invalid(told, fix="Export its sub-workflows one by one.")
    try:
        return _written(diagram, kinds)
    except RecursionError:
        told = "Containers lie in each other too deep for a module."
        raise Invalid(told, fix="Move some of them out, or into a workflow of their own.") from None


def _written(diagram: Diagram, kinds: Mapping[str, Kind]) -> Module:
    plan = Plan(Chart(diagram, kinds))
    write = Functions(plan, naming.functions(diagram.nodes))
    parts = [*_tables(plan), *graphs.root(write)]
    main = 'if __name__ == "__main__":\n    main()'
    imports, definitions = library.used("\n\n".join([*parts, "run", main]))
    orphans = [
        (diagram.node(i).name or i, "is never reached and stayed behind") for i in sorted(plan.orphans)
    ]
    remarks = tuple(dict.fromkeys([*write.remarks, *orphans]))
    own = [line for line in imports if "langgraph" not in line and "httpx" not in line]
    foreign = [line for line in imports if line not in own]
    head = [
        _head(diagram, remarks, needs_httpx="import httpx" in foreign),
        "\n".join(own),
        "\n".join(foreign),
    ]
    return Module(_formatted("\n\n".join([*head, *definitions, *parts, main])), remarks)


def source(diagram: Diagram, kinds: Mapping[str, Kind]) -> str:
    """The source alone."""
    return written(diagram, kinds).source


def _head(diagram: Diagram, remarks: tuple[tuple[str, str], ...], *, needs_httpx: bool) -> str:
    needs = "langgraph httpx" if needs_httpx else "langgraph"
    lines = [
        f"{diagram.name}.",
        "",
        *([diagram.description, ""] if diagram.description else []),
        f"Exported from Quadrille; needs Python 3.11 and `pip install {needs}`. Play it with its input as JSON:",
        "",
        """    python workflow.py '{"name": "Ada"}' --answer '{"verdict": "approved"}'""",
        "",
        "What behaves otherwise than in Quadrille:",
        *(f"* {one}" for one in _OTHERWISE),
        *(f"* {', '.join(names)}: {remark}." for remark, names in _together(remarks).items()),
    ]
    text = "\n".join("\n".join(_wrapped(line)) for line in lines).replace("\\", "/").replace('"""', "'''")
    return f'"""{text}\n"""'


def _together(remarks: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """The names of the nodes of which the same is to be said."""
    found: dict[str, list[str]] = {}
    for name, remark in remarks:
        found.setdefault(remark, []).append(name)
    return found


def _wrapped(line: str) -> list[str]:
    if line.startswith("    "):
        return [line]
    hang = "  " if line.startswith("* ") else ""
    return textwrap.wrap(line, LINE_LENGTH, subsequent_indent=hang, break_on_hyphens=False) or [""]


def _tables(plan: Plan) -> list[str]:
    wires = {
        node_id: found
        for node_id, found in plan.wires.items()
        if found and not plan.chart.in_machine(node_id)
    }
    return [
        f"# The wires that lead to each node: the node they come from, and its port.\nWIRES = {wires!r}",
        f"ENDS = {plan.scope(None).ends!r}",
    ]


def _formatted(text: str) -> str:
    """As ruff formats it; the rules of the folder it runs in are none of its business."""
    command = [
        find_ruff_bin(),
        "format",
        "--isolated",
        "--line-length",
        str(LINE_LENGTH),
        "--target-version",
        "py311",
        "-",
    ]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=_SECONDS)  # noqa: S603 - our own tool
    return done.stdout
