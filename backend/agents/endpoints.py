"""Agents over HTTP; their statistics are in `monitoring.agent_endpoints`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from backend.agents import file, ready_made, service
from backend.agents.schemas import (
    AgentChange,
    AgentCreate,
    AgentDetail,
    AgentPage,
    Applied,
    CapabilityPage,
    Restoring,
    RolePage,
    Terminating,
    VersionPage,
)
from backend.core import bodies
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession

router = APIRouter(prefix="/api/v1/agents", tags=["agents"])
_YAML: dict[str, Any] = {"schema": {"type": "string"}}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": _YAML, "application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("")
async def list_(
    session: ReadSession,
    by: CurrentPrincipal,
    terminated: Annotated[bool, Query(description="With those that were terminated.")] = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AgentPage:
    """The team's agents, the newest first."""
    return await service.list_(session, by, cursor=cursor, limit=limit, with_terminated=terminated)


@router.post("", status_code=201)
async def create(
    session: WriteSession, by: CurrentPrincipal, body: AgentCreate, response: Response
) -> AgentDetail:
    """Make an agent, alone or from a ready-made role. One that cannot work yet is `failed` and says why."""
    made = await service.create(session, by, body)
    response.headers["Location"] = f"/api/v1/agents/{made.id}"
    return made


@router.get("/roles")
async def list_roles(by: CurrentPrincipal) -> RolePage:
    """The ready-made roles to begin with."""
    by.require("workflow.read")
    return RolePage(items=list(ready_made.all_()))


@router.get("/file")
async def export(
    session: ReadSession,
    by: CurrentPrincipal,
    agent: Annotated[str, Query(max_length=200, description="Name or id; empty means all.")] = "",
) -> Response:
    """Agents as a YAML file that `PUT` reads again."""
    text = await file.export(session, by, agent)
    headers = {"Content-Disposition": 'attachment; filename="agents.yaml"'}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)


@router.put("/file", openapi_extra=_FILE)
async def apply(
    request: Request,
    session: WriteSession,
    by: CurrentPrincipal,
    reason: Annotated[str, Query(max_length=500)] = "",
) -> Applied:
    """Make the agents of a file (YAML or JSON), or bring those of the same names to it; all or none."""
    by.require("workflow.edit")  # before a large file is read
    return await file.apply(session, by, file.read(await bodies.text(request)), reason)


@router.get("/{agent_id}")
async def get(agent_id: str, session: ReadSession, by: CurrentPrincipal) -> AgentDetail:
    """One agent by id or name."""
    return await service.get(session, by, agent_id)


@router.put("/{agent_id}")
async def change(
    agent_id: str, session: WriteSession, by: CurrentPrincipal, body: AgentChange
) -> AgentDetail:
    """Give it a new version; runs under way keep the version that they asked first."""
    return await service.change(session, by, agent_id, body)


@router.post("/{agent_id}/terminate")
async def terminate(
    agent_id: str, session: WriteSession, by: CurrentPrincipal, body: Terminating | None = None
) -> AgentDetail:
    """Never ask it again; what it did stays, and its name is free."""
    return await service.terminate(session, by, agent_id, body.reason if body else "")


@router.get("/{agent_id}/versions")
async def list_versions(agent_id: str, session: ReadSession, by: CurrentPrincipal) -> VersionPage:
    """Every profile it ever had, with who wrote it, when and why."""
    return await service.versions(session, by, agent_id)


@router.post("/{agent_id}/versions/{version}/restore")
async def restore(
    agent_id: str,
    version: str,
    session: WriteSession,
    by: CurrentPrincipal,
    body: Restoring | None = None,
) -> AgentDetail:
    """A new version with the profile of an older one."""
    return await service.restore(session, by, agent_id, version, body.reason if body else "")


@router.get("/{agent_id}/capabilities")
async def list_capabilities(agent_id: str, session: ReadSession, by: CurrentPrincipal) -> CapabilityPage:
    """What it can, how well, and the outcomes that say so."""
    return await service.capabilities(session, by, agent_id)
