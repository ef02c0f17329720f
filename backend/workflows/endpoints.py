"""Workflows over HTTP: make, list, read, rewrite, check, export; versions are in `version_endpoints`."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.nodes import registry
from backend.workflows import (
    body,
    file_write,
    gallery_endpoints,
    pausing,
    schedule_endpoints,
    service,
    sheet,
    sockets,
    templates,
    version_endpoints,
)
from backend.workflows.diagram import Diagram
from backend.workflows.langgraph_module import module
from backend.workflows.models import Workflow
from backend.workflows.proposals import endpoints as proposals
from backend.workflows.repository import Page
from backend.workflows.schemas import (
    CheckResult,
    WorkflowCreate,
    WorkflowImported,
    WorkflowPage,
    WorkflowPublic,
    WorkflowRename,
)
from backend.workflows.views import check_result, public

_WRITERS: dict[str, tuple[Callable[[Diagram], str | bytes], str]] = {
    "yaml": (file_write.to_yaml, "application/yaml"),
    "json": (file_write.to_json, "application/json"),
    "python": (lambda diagram: module.source(diagram, registry.all_kinds()), "text/x-python"),
    "svg": (lambda diagram: sheet.svg(diagram, registry.all_kinds()), "image/svg+xml"),
}
_ENDINGS = {"python": "py"}
router = APIRouter(prefix="/api/v1", tags=["workflows"])
router.include_router(gallery_endpoints.router)
router.include_router(version_endpoints.router)
router.include_router(schedule_endpoints.router)
router.include_router(proposals.router)
router.include_router(sockets.router)


@router.post("/workflows", status_code=201, openapi_extra=body.CREATE_BODY)
async def create(
    request: Request,
    response: Response,
    session: WriteSession,
    by: CurrentPrincipal,
    replace: Annotated[
        bool, Query(description="Bring a workflow of the same name to this diagram instead.")
    ] = False,
) -> WorkflowPublic:
    """Make a workflow from a diagram (JSON or YAML), from `{"template": name}`, or empty from `{"name": …}`."""
    by.require("workflow.edit")  # before a large file is read
    wanted = await body.new_workflow(request)
    if isinstance(wanted, WorkflowCreate):
        workflow = await _begun(session, by, wanted, replace=replace)
    elif replace:
        workflow = await service.apply(session, by, wanted)
    else:
        workflow = await service.create(session, by, wanted)
    response.headers["Location"] = f"/api/v1/workflows/{workflow.id}"
    return public(workflow)


@router.post("/workflows/import", status_code=201, openapi_extra=body.IMPORT_BODY)
async def import_(request: Request, session: WriteSession, by: CurrentPrincipal) -> WorkflowImported:
    """Make a workflow from a file of n8n, Dify, Langflow, Flowise, the OpenAI Agents SDK, or of our own.

    What has no counterpart becomes a placeholder that keeps its settings; the report also stands on the canvas.
    """
    by.require("workflow.edit")  # before a large file is read
    found = await body.imported(request)
    workflow = await service.create(session, by, found.diagram)
    return WorkflowImported(workflow=public(workflow), report=found.report)


@router.get("/workflows")
async def list_(
    *,
    session: ReadSession,
    by: CurrentPrincipal,
    text: Annotated[str, Query(max_length=200, description="In the name.")] = "",
    archived: bool = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> WorkflowPage:
    """Last edited first."""
    wanted = Page(limit=limit, after=cursor, search=text, archived=archived)
    found, more = await service.list_(session, by, wanted)
    lives = await service.live(session, found)
    return WorkflowPage(items=[public(w, lives) for w in found], next_cursor=more)


@router.get("/workflows/{ref}")
async def get(ref: str, session: ReadSession, by: CurrentPrincipal) -> WorkflowPublic:
    """One workflow by id or slug."""
    return await _shown(session, await service.get(session, by, ref))


@router.put("/workflows/{ref}", openapi_extra=body.DIAGRAM_BODY)
async def rewrite(ref: str, request: Request, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """Make the draft hold this diagram (JSON or YAML); open editors see it live."""
    by.require("workflow.edit")  # before a large file is read
    diagram = await body.diagram(request)
    return await _shown(session, await service.replace(session, by, ref, diagram))


@router.patch("/workflows/{ref}")
async def rename(
    ref: str, change: WorkflowRename, session: WriteSession, by: CurrentPrincipal
) -> WorkflowPublic:
    """Change name, description or slug."""
    return await _shown(session, await service.rename(session, by, ref, change))


@router.delete("/workflows/{ref}", status_code=204)
async def archive(ref: str, session: WriteSession, by: CurrentPrincipal) -> None:
    """Put it away; its runs and versions stay."""
    await service.archive(session, by, ref)


@router.post("/workflows/{ref}/unarchive")
async def unarchive(ref: str, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """Take it out of the archive."""
    return await _shown(session, await service.unarchive(session, by, ref))


@router.post("/workflows/{ref}/starts/pause")
async def pause_starts(ref: str, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """From now on neither events nor times begin runs of it; people still can."""
    return await _shown(session, await pausing.pause(session, by, ref))


@router.post("/workflows/{ref}/starts/resume")
async def resume_starts(ref: str, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """It begins by itself again, with the events and times from now on."""
    return await _shown(session, await pausing.resume(session, by, ref))


@router.post("/workflows/{ref}/duplicate", status_code=201)
async def duplicate(ref: str, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """A new workflow with the same draft."""
    return public(await service.duplicate(session, by, ref))


@router.get("/workflows/{ref}/draft.json")
async def draft(ref: str, session: ReadSession, by: CurrentPrincipal) -> dict[str, Any]:
    """The diagram of the draft as it is now."""
    return (await service.draft(session, by, ref)).diagram.model_dump(mode="json")


@router.get("/workflows/{ref}/check")
async def check(ref: str, session: ReadSession, by: CurrentPrincipal) -> CheckResult:
    """Everything that is wrong with the draft, errors first."""
    return check_result(await service.problems(session, by, ref))


@router.get("/workflows/{ref}/export")
async def export(
    ref: str,
    session: ReadSession,
    by: CurrentPrincipal,
    format: Literal["yaml", "json", "python", "svg"] = "yaml",
) -> Response:
    """The draft as a file that `POST /workflows` reads again, as a LangGraph module that runs, or as a picture."""
    workflow = await service.get(session, by, ref)
    drawn = (await service.draft(session, by, workflow.id)).diagram
    write, media_type = _WRITERS[format]
    return Response(
        await body.in_thread(write, drawn),
        media_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": body.attachment(f"{workflow.slug}.{_ENDINGS.get(format, format)}")},
    )


async def _begun(
    session: WriteSession, by: CurrentPrincipal, wanted: WorkflowCreate, *, replace: bool
) -> Workflow:
    if wanted.template is None:
        return await service.create(session, by, service.empty(wanted.name or service.EMPTY_NAME))
    if replace:
        diagram = templates.get(wanted.template).diagram
        named = diagram.model_copy(update={"name": wanted.name}) if wanted.name else diagram
        return await service.apply(session, by, named)
    return await templates.take(session, by, wanted.template, wanted.name)


async def _shown(session: ReadSession, workflow: Workflow) -> WorkflowPublic:
    return public(workflow, await service.live(session, [workflow]))
