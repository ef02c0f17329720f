"""Tables of tool servers: where they are, and each of their tools as it was accepted and as it was seen last."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class ToolServer(SQLModel, table=True):
    """An MCP server of a team. `secret` names the one that is sent to it as bearer token."""

    __tablename__ = "tool_server"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "name"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    name: str
    address: str
    secret: str = ""
    problem: str = ""  # of the last look, for people
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    looked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ServerTool(SQLModel, table=True):
    """A tool of a server. Models are told of the accepted definition alone; see `tool_servers.pinning`."""

    __tablename__ = "server_tool"  # pyright: ignore[reportAssignmentType]
    server_id: str = Field(foreign_key="tool_server.id", primary_key=True)
    name: str = Field(primary_key=True)  # as the server calls it
    team_id: str = Field(foreign_key="team.id", index=True)
    called: str = Field(index=True)  # as agents call it
    accepted: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    accepted_digest: str = ""
    accepted_by: str = ""
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seen: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    seen_digest: str = ""  # empty where the server offers it no longer
    effects: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
