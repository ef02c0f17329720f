"""Places for the nodes of a file that says nothing of places: people who write by hand think of steps, not of pixels."""

from backend.nodes.registry import all_kinds
from backend.workflows.diagram import Diagram, Position
from backend.workflows.proposals import merging

MOST = 200  # a place is looked for among all others: with more nodes the search would hold up the request


def spread_out(diagram: Diagram) -> Diagram:
    """The diagram as it is, or drawn from left to right where otherwise every node would lie on the same point."""
    placed = any(node.position != Position() for node in diagram.nodes)
    if placed or not 1 < len(diagram.nodes) <= MOST:
        return diagram
    return merging.placed(diagram, set(), all_kinds())
