"""What input the pinned version of a run wants: the form of its start node."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from backend.core import forms, json
from backend.nodes.fields import FormField, defaults_of, schema_of
from backend.nodes.registry import all_kinds
from backend.workflows.models import Version


def checked(version: Version, given: JsonValue) -> JsonValue:
    """The input with the defaults of the start node's form; raises Invalid naming each field that the form refuses."""
    return fitting(version.diagram.get("nodes", []), given)


def fitting(nodes: Sequence[Mapping[str, Any]], given: JsonValue) -> JsonValue:
    """The same for a diagram's nodes as plain data."""
    fields = _form(nodes)
    given = json.plain(given, "input")
    if not fields:
        return given
    if given is None or isinstance(given, dict):
        given = defaults_of(fields) | (given or {})
    forms.require(schema_of(fields), given, "input")
    return given


def _form(nodes: Sequence[Mapping[str, Any]]) -> tuple[FormField, ...]:
    kinds = all_kinds()
    for node in nodes:
        kind = kinds.get(node["kind"])
        if kind and kind.role == "start":
            return getattr(kind.config.model_validate(node.get("config", {})), "fields", ())
    return ()
