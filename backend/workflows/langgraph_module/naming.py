"""Names of functions, after what people call the nodes."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from backend.nodes.expression_words import SCOPE_NAMES
from backend.workflows.diagram import Node
from backend.workflows.langgraph_module import library

_OURS = {
    "WIRES",
    "ENDS",
    "build",
    "graph",
    "state",
    "value",
    "proposal",
    "headers",
    "passages",
    "labels",
    "prompt",
}


def functions(nodes: Iterable[Node]) -> dict[str, str]:
    """A name for the function of each node; none of two names, and none that is in use already."""
    taken = {*library.names(), *SCOPE_NAMES, *dir(builtins), *keyword.kwlist, *keyword.softkwlist, *_OURS}
    found: dict[str, str] = {}
    for node in nodes:
        wanted = _identifier(node.name) or node.id
        name, number = wanted, 2
        while name in taken or any(f"{name}{end}" in taken for end in ("_body", "_each", "_exit")):
            name, number = (f"{wanted}_node" if number == 2 else f"{wanted}_{number}"), number + 1
        taken.add(name)
        found[node.id] = name
    return found


def _identifier(label: str) -> str:
    """Letters and digits of ASCII; nothing where the label has too few of them."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].rstrip("_")
    return f"n{name}" if name[:1].isdigit() else name
