"""A tool's definition is pinned by its hash: what a person accepted is what models are told, and what may be called.

A server that changes a definition afterwards (a "rug pull") turns the tool off until a person has looked at it again.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from backend.core.errors import Conflict
from backend.tool_servers.models import ServerTool

State = Literal["accepted", "new", "changed", "gone"]
LONGEST_DESCRIPTION = 4_000
LARGEST_SCHEMA = 50_000
_CALLED = 64  # characters that providers of models allow


class ToolOff(Conflict):
    """The tool is not accepted as it is."""

    code, title = "tool_off", "The tool is off"


@dataclass(frozen=True)
class Definition:
    """All of a tool that can change what a model or a person makes of it."""

    name: str
    title: str
    description: str
    schema: Mapping[str, Any]
    more: Mapping[str, Any]  # annotations and the form of its output

    def plain(self) -> dict[str, Any]:
        """As it is stored and shown."""
        return {"name": self.name, "title": self.title, "description": self.description, "schema": dict(self.schema),
                "more": dict(self.more)}  # fmt: skip

    def digest(self) -> str:
        """The same for the same definition, whatever the order of its parts."""
        return hashlib.sha256(orjson.dumps(self.plain(), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def is_large(self) -> bool:
        """Too large for people to read and for models to be told."""
        return len(self.description) > LONGEST_DESCRIPTION or len(orjson.dumps(self.plain())) > LARGEST_SCHEMA


def called(server: str, tool: str, taken: Collection[str] = ()) -> str:
    """The name by which agents call it; the server's name before it keeps it from standing in for another tool."""
    name = f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', tool)}"
    if len(name) <= _CALLED and name not in taken:
        return name
    return f"{name[: _CALLED - 9]}_{hashlib.sha256(tool.encode()).hexdigest()[:8]}"


def state(tool: ServerTool) -> State:
    """Whether it may be used, and why not."""
    if not tool.seen_digest:
        return "gone"
    if not tool.accepted_digest:
        return "new"
    return "accepted" if tool.accepted_digest == tool.seen_digest else "changed"


_WHY = {
    "new": "nobody has accepted it yet",
    "changed": "its server changed its definition",
    "gone": "its server offers it no longer",
}


def require_on(tool: ServerTool) -> None:
    """Raise ToolOff unless it is accepted as it was seen last."""
    now = state(tool)
    if now != "accepted":
        fix = "Look at its definition under Settings, Tool servers."
        raise ToolOff(f"The tool “{tool.called}” is off: {_WHY[now]}.", fix=fix, state=now)
