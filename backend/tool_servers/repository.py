"""Queries of tool servers."""

from collections.abc import Iterable, Sequence

from sqlmodel import col, select

from backend.core.db import Session
from backend.tool_servers.models import ServerTool, ToolServer


async def servers(session: Session, team_id: str) -> Sequence[ToolServer]:
    """All of a team, by name."""
    query = select(ToolServer).where(ToolServer.team_id == team_id).order_by(col(ToolServer.name))
    return (await session.exec(query)).all()


async def server(session: Session, team_id: str, name: str) -> ToolServer | None:
    """The one of that name."""
    query = select(ToolServer).where(ToolServer.team_id == team_id, ToolServer.name == name)
    return (await session.exec(query)).first()


async def tools(session: Session, team_id: str, server_id: str | None = None) -> Sequence[ServerTool]:
    """The tools of one server, or of all."""
    query = select(ServerTool).where(ServerTool.team_id == team_id).order_by(col(ServerTool.called))
    if server_id is not None:
        query = query.where(ServerTool.server_id == server_id)
    return (await session.exec(query)).all()


async def called(
    session: Session, team_id: str, names: Iterable[str]
) -> dict[str, tuple[ServerTool, ToolServer]]:
    """Tools with their servers, by the names that agents call them."""
    query = (
        select(ServerTool, ToolServer)
        .join(ToolServer, col(ToolServer.id) == ServerTool.server_id)
        .where(ServerTool.team_id == team_id, col(ServerTool.called).in_(set(names)))
    )
    return {tool.called: (tool, server) for tool, server in (await session.exec(query)).all()}
