"""The nodes of a stored drawing as they lie there, also of one that this release cannot read."""

from collections.abc import Collection
from typing import Any, cast


def nodes(diagram: object) -> list[dict[str, Any]]:
    """Its nodes, as far as there are any."""
    found: object = cast(dict[str, Any], diagram).get("nodes") if isinstance(diagram, dict) else None
    if not isinstance(found, list | tuple):
        return []
    return [cast(dict[str, Any], node) for node in cast(list[object], found) if isinstance(node, dict)]


def of_kinds(diagram: object, kinds: Collection[str]) -> dict[str, dict[str, Any]]:
    """Its nodes of these kinds by their ids."""
    return {str(node.get("id")): node for node in nodes(diagram) if node.get("kind") in kinds}
