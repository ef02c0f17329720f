"""Versions over HTTP: publish, name, look at the history, compare, restore; and the pictures of drafts and versions."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.workflows import pictures, service, versions, views
from backend.workflows.body import in_thread
from backend.workflows.schemas import (
    ComparisonPublic,
    PublishRequest,
    VersionName,
    VersionPage,
    VersionPublic,
    WorkflowPublic,
)

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
    """The published and named versions, newest first, without their diagrams."""
    return VersionPage(items=[views.version(v) for v in await versions.list_(session, by, ref)])


@router.post("/workflows/{ref}/versions", status_code=201)
async def name(ref: str, told: VersionName, session: WriteSession, by: CurrentPrincipal) -> VersionPublic:
    """Keep the draft under a name, without publishing it; it may have errors."""
    return views.version(await versions.name(session, by, ref, told.name, told.message))


@router.get("/workflows/{ref}/compare")
async def comparison(
    ref: str,
    session: ReadSession,
    by: CurrentPrincipal,
    before: Annotated[
        str, Query(max_length=100, description="A version's id or number, `published` or `draft`.")
    ] = "published",
    after: Annotated[str, Query(max_length=100, description="The same.")] = "draft",
    diagrams: Annotated[bool, Query(description="Also give both diagrams.")] = True,
) -> ComparisonPublic:
    """What differs between two versions, or between a version and the draft."""
    old = await versions.drawing(session, by, ref, before)
    new = await versions.drawing(session, by, ref, after)
    return await in_thread(partial(views.comparison, whole=diagrams), old, new)


@router.get("/workflows/{ref}/thumbnail.svg", response_class=Response)
async def thumbnail(
    ref: str,
    session: ReadSession,
    by: CurrentPrincipal,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """A small picture of the draft; a browser that has it already gets 304."""
    return _picture(await pictures.of_draft(session, by, ref), if_none_match)


@router.get("/workflows/{ref}/versions/{version_id}/thumbnail.svg", response_class=Response)
async def version_thumbnail(
    ref: str,
    version_id: str,
    session: ReadSession,
    by: CurrentPrincipal,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """A small picture of a version; a browser that has it already gets 304."""
    return _picture(await pictures.of_version(session, by, ref, version_id), if_none_match)


def _picture(picture: pictures.Picture, known: str) -> Response:
    headers = {"ETag": picture.etag, "Cache-Control": "private, no-cache"}
    if known == picture.etag:
        return Response(status_code=304, headers=headers)
    return Response(picture.svg, media_type="image/svg+xml", headers=headers)


@router.get("/workflows/{ref}/versions/{version_id}")
async def get(ref: str, version_id: str, session: ReadSession, by: CurrentPrincipal) -> VersionPublic:
    """One version by id or number, with its diagram."""
    return views.version(await versions.shown(session, by, ref, version_id), whole=True)


@router.post("/workflows/{ref}/versions/{version_id}/restore")
async def restore(ref: str, version_id: str, session: WriteSession, by: CurrentPrincipal) -> WorkflowPublic:
    """Make the draft what this version was."""
    workflow = await versions.restore(session, by, ref, version_id)
    return views.public(workflow, await service.live(session, [workflow]))
