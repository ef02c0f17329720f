"""Notifications over HTTP: the caller's own list, and what of it is read."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.notifications import service
from backend.notifications.schemas import NotificationPage, Reading, Unread

router = APIRouter(prefix="/api/v1", tags=["notifications"])


@router.get("/notifications")
async def page(
    session: ReadSession,
    by: CurrentPrincipal,
    unread: Annotated[bool, Query(description="Only those that are not read.")] = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 50,
) -> NotificationPage:
    """Newest first; they go after 90 days."""
    return await service.page(session, by, unread=unread, cursor=cursor, limit=limit)


@router.post("/notifications/read")
async def read(wanted: Reading, session: WriteSession, by: CurrentPrincipal) -> Unread:
    """Mark some of them, or all, as read."""
    return Unread(unread_count=await service.read(session, by, wanted.ids))
