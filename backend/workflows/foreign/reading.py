"""Knows whose file it is."""

from typing import Any, cast

from backend.core.errors import Invalid
from backend.workflows.foreign import agents_sdk, dify, flows, n8n
from backend.workflows.foreign.plain import table
from backend.workflows.foreign.sketch import Imported

_READERS = (
    ("Dify", dify.recognised, dify.read),
    ("Langflow", flows.is_langflow, flows.read_langflow),
    ("n8n", n8n.recognised, n8n.read),
    ("Flowise", flows.is_flowise, flows.read_flowise),
)


def of_data(data: Any) -> Imported | None:
    """The diagram of another tool's JSON or YAML; None when nobody knows it. Raises Invalid when it is damaged."""
    found = table(data)
    if not found or "quadrille" in found:
        return None
    for tool, recognised, read in _READERS:
        if recognised(found):
            return _careful(tool, read, found)
    return None


def of_code(text: str) -> Imported | None:
    """The diagram of code for the Agents SDK; None when it is something else."""
    return _careful("OpenAI Agents SDK", agents_sdk.read, text) if agents_sdk.recognised(text) else None


def _careful(tool: str, read: Any, given: Any) -> Imported:
    """Foreign data may hold anything; what breaks a reader is told as such."""
    try:
        return cast(Imported, read(given))
    except (KeyError, TypeError, ValueError, AttributeError, SyntaxError, RecursionError) as error:
        told = f"This looks like a file of {tool}, but it cannot be read: {type(error).__name__}: {error}."
        raise Invalid(told[:500], fix=f"Export it from {tool} again.") from None
