"""Approvals over HTTP: the inbox, one question, and its decision."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.approvals import service
from backend.approvals.schemas import ApprovalPage, ApprovalPublic, Deciding
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession

router = APIRouter(prefix="/api/v1", tags=["approvals"])


@router.get("/approvals")
async def page(
    session: ReadSession,
    by: CurrentPrincipal,
    all: Annotated[bool, Query(description="Also those that are decided.")] = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 50,
) -> ApprovalPage:
    """Newest first; `open_count` is how many wait for the caller."""
    return await service.page(session, by, only_open=not all, cursor=cursor, limit=limit)


@router.get("/approvals/{approval_id}")
async def get(approval_id: str, session: ReadSession, by: CurrentPrincipal) -> ApprovalPublic:
    """One question with everything its decider must see."""
    return await service.get(session, by, approval_id)


@router.post("/approvals/{approval_id}/decision")
async def decide(
    approval_id: str, answer: Deciding, session: WriteSession, by: CurrentPrincipal
) -> ApprovalPublic:
    """Decide for good; 409 when somebody was faster or the question has changed since it was read."""
    return await service.decide(
        session,
        by,
        approval_id,
        verdict=answer.verdict,
        values=answer.values,
        comment=answer.comment,
        arguments_hash=answer.arguments_hash,
    )
