"""The shapes of tool servers on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from backend.nodes.tool import Effect
from backend.tool_servers.pinning import State

Name = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,23}$", description="Stands before the names of its tools.")
]


class ServerCreate(BaseModel):
    """A server to look at. `secret` names the team's secret that is sent as bearer token."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Name
    address: str = Field(
        pattern=r"^(https?://[^\s\x00-\x1f]+|stdio:[A-Za-z0-9_-]{1,100})$",
        max_length=2_000,
        description="Of its MCP endpoint, or `stdio:NAME` for a command that the operator allows.",
    )
    secret: str = Field(default="", max_length=200)


class Accepted(BaseModel):
    """A definition that a person looked at; by its digest, so that it is that one and no other."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=300)
    digest: str = Field(max_length=64)
    effects: list[Effect] | None = Field(
        default=None, max_length=5, description="What it does; external if not said."
    )


class Accepting(BaseModel):
    """What is accepted."""

    model_config = ConfigDict(extra="forbid")
    tools: list[Accepted] = Field(min_length=1, max_length=200)


class ServerToolPublic(BaseModel):
    """A tool: the definition that is accepted, and the one that was seen last."""

    name: str
    called: str
    state: State
    effects: list[Effect]
    digest: str = Field(description="Of what was seen last; accept it by this.")
    accepted: dict[str, Any] | None
    seen: dict[str, Any] | None
    accepted_by: str
    accepted_at: datetime | None


class ServerPublic(BaseModel):
    """A server with its tools."""

    id: str
    name: str
    address: str
    secret: str
    problem: str
    created_at: datetime
    looked_at: datetime | None
    tools: list[ServerToolPublic]


class ServerPage(BaseModel):
    """All of the team's servers: there are few."""

    items: list[ServerPublic]
    next_cursor: None = None
