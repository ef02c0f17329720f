"""How a fork, a replay or a trial is played: which nodes ask the world, which take what was recorded, which are mocked."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.workflows.trial import Cut

Mode = Literal["live", "recorded", "mocked"]

INSIDE = "sub"
"""In a path, `call:sub` is the place of the workflow that the node `call` plays inside: its nodes are another diagram's."""


class NodeMode(BaseModel):
    """The choice for one node. A mocked one is not played: it gives `output`, and leaves by `port` or its first one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    mode: Mode
    output: JsonValue = None
    port: str | None = None


class Acting(BaseModel):
    """Kept with the run; a run that was started plainly has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str = Field(default="", description="The run whose effects were recorded.")
    cut: Cut | None = Field(default=None, description="Of a trial run of a part of the draft.")
    default: Mode = "live"
    modes: dict[str, NodeMode] = Field(default={}, description="By `key` of the node.")
    compare: bool = Field(default=False, description="A replay: what steps give is compared with the source.")
    edits: list[dict[str, Any]] = []
    keys_of: str = Field(default="", description="A retry sends the idempotency keys of this run.")
    sealed: bool = Field(
        default=False, description="Of an imported run: nothing may go out, also not from its replays."
    )
    shown_as: dict[str, Any] = Field(default={}, description="What expressions of a replay see as `run`.")

    @property
    def asks_nobody(self) -> bool:
        """Every node takes recorded answers or is mocked, so that no clock decides anything."""
        return self.default == "recorded" and all(one.mode != "live" for one in self.modes.values())

    def mode(self, node_id: str, path: str = "") -> NodeMode:
        """The choice for a node at this place; without one, that for the calls around it, the innermost first."""
        calls = _calls(path) if self.modes else []
        if found := self.modes.get("/".join([*calls, node_id])):
            return found
        for depth in range(len(calls), 0, -1):
            around = self.modes.get("/".join(calls[:depth]))
            if around is not None and around.mode != "mocked":
                return around
        return NodeMode(mode=self.default)


def key(node_id: str, path: str = "") -> str:
    """The node's name among the choices: `ask`, or `call/ask` for a node of the workflow that `call` plays inside."""
    return "/".join([*_calls(path), node_id])


def _calls(path: str) -> list[str]:
    """The calls that a path leads through, from the outside."""
    parts = (part.split(":") for part in path.split("/") if path)
    return [node_id for node_id, *number in parts if number[:1] == [INSIDE]]
