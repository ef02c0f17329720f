"""Tool servers over HTTP, and the list of all tools that agents can be given."""

from fastapi import APIRouter, Response

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.nodes.schemas import ToolPublic, public_tool
from backend.nodes.tool_registry import all_tools
from backend.tool_servers import service
from backend.tool_servers.schemas import Accepting, ServerCreate, ServerPage, ServerPublic

router = APIRouter(prefix="/api/v1", tags=["tools"])


@router.get("/tools")
async def list_tools(session: ReadSession, by: CurrentPrincipal) -> list[ToolPublic]:
    """Every tool that agents may be given here: those of this installation, then those of the team's servers that are accepted."""
    by.require("workflow.read")
    own = [public_tool(tool) for tool in sorted(all_tools().values(), key=lambda tool: tool.title)]
    servers = await service.list_(session, by)
    return own + [
        ToolPublic(
            name=tool.called,
            title=f"{(tool.accepted or {}).get('title') or tool.name} ({server.name})",
            description=(tool.accepted or {}).get("description") or "",
            effects=[*tool.effects],
            needs="",
            arguments=(tool.accepted or {}).get("schema") or {},
        )
        for server in servers
        for tool in server.tools
        if tool.state == "accepted"
    ]


@router.get("/tool-servers")
async def list_servers(session: ReadSession, by: CurrentPrincipal) -> ServerPage:
    """The team's MCP servers with their tools: accepted, new, changed or gone."""
    return ServerPage(items=await service.list_(session, by))


@router.post("/tool-servers", status_code=201)
async def add_server(by: CurrentPrincipal, body: ServerCreate, response: Response) -> ServerPublic:
    """Name a server and look at it. Its tools can be used once they are accepted."""
    made = await service.add(by, body)
    response.headers["Location"] = f"/api/v1/tool-servers/{made.name}"
    return made


@router.get("/tool-servers/{name}")
async def get_server(name: str, session: ReadSession, by: CurrentPrincipal) -> ServerPublic:
    """One server with its tools."""
    return await service.get(session, by, name)


@router.post("/tool-servers/{name}/look")
async def look_at_server(name: str, by: CurrentPrincipal) -> ServerPublic:
    """Ask it for its tools again; those whose definition changed are off until they are accepted."""
    return await service.look(by, name)


@router.post("/tool-servers/{name}/accept")
async def accept_tools(
    name: str, session: WriteSession, by: CurrentPrincipal, body: Accepting
) -> ServerPublic:
    """Accept definitions, by the digests of those that were looked at."""
    return await service.accept(session, by, name, body)


@router.delete("/tool-servers/{name}", status_code=204)
async def remove_server(name: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Forget a server with its tools."""
    await service.remove(session, by, name)
