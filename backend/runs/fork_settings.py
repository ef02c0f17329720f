"""A fork with other settings of its nodes, such as another model or prompt: plays a snapshot that differs in nothing else."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, ValidationError

from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.identity.principal import Principal
from backend.nodes.registry import all_kinds
from backend.workflows import versions
from backend.workflows.diagram import Diagram, Node
from backend.workflows.models import Version

Settings = Mapping[str, Mapping[str, JsonValue]]
"""By the id of a node, its fields that differ."""


async def changed(session: Session, by: Principal, version: Version, wanted: Settings) -> Version:
    """The version with these settings, checked like a draft; the same one where nothing is wished."""
    if not wanted:
        return version
    by.require("workflow.edit")
    drawn = Diagram.model_validate(version.diagram)
    if unknown := sorted(set(wanted) - {node.id for node in drawn.nodes}):
        raise _wrong(unknown[0], "", f"The version has no node “{unknown[0]}”.", "Use the ids of its nodes.")
    nodes = tuple(_node(node, wanted.get(node.id, {}), version) for node in drawn.nodes)
    return await versions.derived(session, by, version, drawn.model_copy(update={"nodes": nodes}))


def _node(node: Node, fields: Mapping[str, JsonValue], version: Version) -> Node:
    """A published version plays no pinned outputs, so a snapshot of it holds none."""
    more: dict[str, Any] = (
        {} if version.number is None else {"pinned": None, "pinned_port": None, "mock": None}
    )
    if fields:
        kind = all_kinds().get(node.kind)
        known = kind.config.model_fields if kind else {}
        if unknown := sorted(set(fields) - set(known)):
            raise _wrong(node.id, unknown[0], f"“{node.id}” has no setting “{unknown[0]}”.", "See its kind.")
        config = {**node.config, **fields}
        _require_readable(node, kind.config if kind else None, config)
        more["config"] = config
    return node.model_copy(update=more)


def _require_readable(node: Node, shape: Any, config: Mapping[str, Any]) -> None:
    try:
        shape.model_validate(config)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise _wrong(node.id, field, f"“{node.id}”: {first['msg']}.", "Change this setting.") from None


def _wrong(node_id: str, field: str, message: str, fix: str) -> Invalid:
    place = f"settings: nodes.{node_id}" + (f".config.{field}" if field else "")
    return Invalid(message, fix=fix, problems=[Problem(message, place, fix, "wrong_setting", node_id)])
