"""What the settings of an agent must say about its tools: that they exist, and how far they may reach."""

from collections.abc import Sequence

from backend.nodes import server_tools
from backend.nodes.tool_registry import all_tools

_REACHES = {
    "http_request": ("hosts", "name the hosts that HTTP request may reach, or * for all"),
    "retrieve": ("collections", "name the collections that Retrieve may look into"),
    "workflow": ("workflows", "name the workflows that may be called"),
    "sql": ("databases", "name the secrets that hold the databases' addresses"),
}


def require_known(tools: Sequence[str]) -> None:
    """Raise ValueError for a tool that does not exist; those of servers are known when the step begins."""
    known = all_tools()
    if unknown := [name for name in tools if name not in known and not server_tools.is_name(name)]:
        raise ValueError(f"there is no tool called “{unknown[0]}”; there are {', '.join(sorted(known))}")


def require_reach(settings: object, tools: Sequence[str]) -> None:
    """Raise ValueError for a tool that could reach nothing with these settings."""
    for name, (field, told) in _REACHES.items():
        if name in tools and not getattr(settings, field):
            raise ValueError(told)
