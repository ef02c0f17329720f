"""How a fork or a replay is played: which nodes ask the world, which take what was recorded, which are mocked."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Mode = Literal["live", "recorded", "mocked"]


class NodeMode(BaseModel):
    """The choice for one node. A mocked one is not played: it gives `output`, and leaves by `port` or its first one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    mode: Mode
    output: JsonValue = None
    port: str | None = None


class Acting(BaseModel):
    """Kept with the run; a run that was started plainly has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str = Field(description="The run whose effects were recorded.")
    default: Mode = "live"
    modes: dict[str, NodeMode] = {}
    compare: bool = Field(default=False, description="A replay: what steps give is compared with the source.")
    edits: list[dict[str, Any]] = []
    keys_of: str = Field(default="", description="A retry sends the idempotency keys of this run.")
    shown_as: dict[str, Any] = Field(default={}, description="What expressions of a replay see as `run`.")

    def mode(self, node_id: str) -> NodeMode:
        """The choice for a node."""
        return self.modes.get(node_id) or NodeMode(mode=self.default)
