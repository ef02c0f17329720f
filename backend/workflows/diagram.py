"""The diagram: nodes and wires as plain data, the form that is published, versioned, compiled and exported."""

import hashlib
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

NodeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
ERROR_PORT = "error"
IN_PORT = "in"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Position(_Part):
    """Where a node stands on the canvas, in canvas pixels, relative to its container."""

    x: float = 0
    y: float = 0


class Retry(_Part):
    """Another try after a failure, with exponential backoff and jitter."""

    max_attempts: int = Field(default=1, ge=1, le=20, title="Attempts")
    backoff_seconds: float = Field(default=1.0, ge=0, le=3600, title="First pause, seconds")
    factor: float = Field(default=2.0, ge=1, le=10, title="Growth of the pause")


class Mock(_Part):
    """What plays instead of a node in trial runs of the draft; a published version plays the node itself."""

    source: Literal["value", "last_run", "model"] = Field(
        default="value",
        title="Give",
        description="`value`: always the same; `last_run`: what it gave last; `model`: it is played, with a scripted model.",
    )
    output: Any = Field(default=None, description="Of the source `value`.")
    port: str | None = Field(
        default=None, max_length=200, description="By which it leaves; none is its first one."
    )
    script: str = Field(default="", max_length=100_000, description="Of the source `model`.")


class Node(_Part):
    """One node. `parent` is the container (map, loop, saga) whose body it belongs to."""

    id: NodeId
    kind: str
    kind_version: int = 1
    name: str = Field(default="", max_length=200)
    config: dict[str, Any] = {}
    parent: NodeId | None = None
    position: Position = Position()
    size: tuple[float, float] | None = None
    disabled: bool = False
    note: str = Field(default="", max_length=10_000)
    retry: Retry = Retry()
    timeout_seconds: float | None = Field(default=None, gt=0, le=86_400)
    cache_seconds: float | None = Field(
        default=None, gt=0, le=366 * 86_400
    )  # how long a result is kept for equal steps
    on_error: Literal["fail", "route", "default"] = "fail"
    default_output: Any = None
    compensate_with: NodeId | None = (
        None  # the node of the same body that undoes this one when its saga fails
    )
    group: NodeId | None = None  # the group (a node of that kind, in the same container) it is drawn in
    locked: bool = False  # it stays where it is, and deleting it asks first
    pinned: Any = None  # an output used by test runs in the editor instead of playing the node
    pinned_port: str | None = Field(
        default=None, max_length=200
    )  # by which it then leaves; none is its first
    mock: Mock | None = None


class Wire(_Part):
    """From a port of one node to another node. Two wires with the same four ends are one."""

    source: NodeId
    source_port: str = "out"
    target: NodeId
    target_port: str = IN_PORT
    label: str = Field(default="", max_length=200)

    @property
    def key(self) -> str:
        """Its identity, and its key in the draft's document."""
        return f"{self.source}.{self.source_port}>{self.target}.{self.target_port}"


class Comment(_Part):
    """A remark pinned to a node or to a point; `reply_to` is the id of the comment that it answers."""

    id: str
    reply_to: str = ""
    text: str = Field(max_length=10_000)
    author: str = ""
    written_at: str = Field(default="", max_length=40)
    node: NodeId | None = None
    position: Position = Position()
    resolved: bool = False


class Diagram(_Part):
    """A whole diagram; `quadrille: 1` at its head names the format."""

    quadrille: Literal[1] = 1
    name: str = Field(default="Untitled", min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)
    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    comments: tuple[Comment, ...] = ()
    max_parallel: int | None = Field(default=None, ge=1, le=1000)  # steps of a run at work at once
    samples: dict[str, Any] = {}  # named sample inputs offered by the Run button

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError if there is none."""
        return next(n for n in self.nodes if n.id == node_id)

    def digest(self) -> str:
        """SHA-256 of the canonical JSON; equal diagrams have equal digests."""
        return hashlib.sha256(
            orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        ).hexdigest()
