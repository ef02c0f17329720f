"""The shapes of trial runs: what is asked for, and the last data of a workflow's nodes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core.plain_text import PlainText
from backend.runs.schemas import VisitPublic


class StandIn(BaseModel):
    """What a node gives that is not played."""

    model_config = ConfigDict(extra="forbid")
    output: JsonValue = None
    port: PlainText | None = Field(default=None, max_length=200)


class StartTrial(BaseModel):
    """A run of a part of the draft. Outputs of nodes before it come from `data`, their pins and mocks, or earlier runs."""

    model_config = ConfigDict(extra="forbid")
    node_id: PlainText = Field(max_length=100)
    how: Literal["node", "to", "from"] = Field(
        default="node",
        description="This node alone; all up to it, played anew; or it and all that hangs on it.",
    )
    input: JsonValue = Field(default=None, description="None means that of the run whose data is used.")
    data: dict[PlainText, StandIn] = Field(default={}, max_length=1000, description="By node.")
    run_id: PlainText | None = Field(
        default=None, max_length=100, description="Take data from this run; none means the last ones."
    )


class NodeData(VisitPublic):
    """What a node got and gave when it was last played."""

    run_id: str
    version_id: str
    visits: int = Field(description="How often it was played in that run.")
    ports: dict[str, int] = Field(description="How often it left by each port.")


class LastData(BaseModel):
    """The last data of every node, and the input of the newest run that it comes from."""

    run_id: str | None = None
    input: JsonValue = None
    items: list[NodeData] = []
