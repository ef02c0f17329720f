"""Versions over HTTP: publish, look at the history, restore."""

from fastapi import APIRouter

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.workflows import service, versions, views
from backend.workflows.schemas import PublishRequest, VersionPage, VersionPublic, WorkflowPublic

router = APIRouter()


@router.post("/workflows/{ref}/publish", status_code=201)
async def publish(
    ref: str, session: WriteSession, by: CurrentPrincipal, told: PublishRequest | None = None
) -> VersionPublic:
    """Publish the draft; with errors in the diagram 422 with all of them."""
    message = told.message if told else ""
    return views.version(await versions.publish(session, by, ref, message))


@router.get("/workflows/{ref}/versions")
async def list_(ref: str, session: ReadSession, by: CurrentPrincipal) -> VersionPage:
    """The published versions, newest first, without their diagrams."""
    return VersionPage(items=[views.version(v) for v in await versions.list_(session, by, ref)])


@router.get("/workflows/{ref}/versions/{version_id}")
async def get(ref: str, version_id: str, session: ReadSession, by: CurrentPrincipal) -> VersionPublic:
    """One version by id or number, with its diagram."""
    return views.version(await versions.get(session, by, ref, version_id), whole=True)


@router.post("/workflows/{ref}/versions/{version_id}/restore")
async def restore(ref: str, version_id: str, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """Make the draft what this version was."""
    workflow = await versions.restore(session, by, ref, version_id)
    return views.public(workflow, await service.published_numbers(session, [workflow]))
