"""Approvals over HTTP: the inbox, one question, and its decision."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.approvals import service, thread
from backend.approvals.schemas import (
    ApprovalDetail,
    ApprovalPage,
    AskingBack,
    Deciding,
    Delegating,
    Escalating,
    Scope,
    Words,
)
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession

router = APIRouter(prefix="/api/v1", tags=["approvals"])


@router.get("/approvals")
async def page(
    session: ReadSession,
    by: CurrentPrincipal,
    all: Annotated[bool, Query(description="Also those that are decided.")] = False,
    scope: Annotated[
        Scope, Query(description="Open ones that ask the caller by name, or by a role.")
    ] = "all",
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 50,
) -> ApprovalPage:
    """Newest first; `open_count` is how many wait for the caller."""
    return await service.page(session, by, only_open=not all, scope=scope, cursor=cursor, limit=limit)


@router.get("/approvals/{approval_id}")
async def get(approval_id: str, session: ReadSession, by: CurrentPrincipal) -> ApprovalDetail:
    """One question with everything its decider must see."""
    return await service.get(session, by, approval_id)


@router.post("/approvals/{approval_id}/decision")
async def decide(
    approval_id: str, answer: Deciding, session: WriteSession, by: CurrentPrincipal
) -> ApprovalDetail:
    """Decide for good, or be one of those whose approval is needed; 409 when somebody was faster or the question has changed since it was read."""
    return await service.decide(
        session,
        by,
        approval_id,
        verdict=answer.verdict,
        values=answer.values,
        comment=answer.comment,
        arguments_hash=answer.arguments_hash,
    )


@router.post("/approvals/{approval_id}/comments")
async def comment(
    approval_id: str, said: Words, session: WriteSession, by: CurrentPrincipal
) -> ApprovalDetail:
    """Say something under a question; who was asked for information answers by it."""
    return await thread.comment(session, by, approval_id, said.text)


@router.post("/approvals/{approval_id}/ask")
async def ask(
    approval_id: str, asked: AskingBack, session: WriteSession, by: CurrentPrincipal
) -> ApprovalDetail:
    """Ask a member for information; the question stays open."""
    return await thread.ask_for_information(session, by, approval_id, asked.text, asked.to)


@router.post("/approvals/{approval_id}/delegate")
async def delegate(
    approval_id: str, wanted: Delegating, session: WriteSession, by: CurrentPrincipal
) -> ApprovalDetail:
    """Let another member decide in one's place."""
    return await thread.delegate(session, by, approval_id, wanted.to, wanted.text)


@router.post("/approvals/{approval_id}/escalate")
async def escalate(
    approval_id: str, wanted: Escalating, session: WriteSession, by: CurrentPrincipal
) -> ApprovalDetail:
    """Let those decide, too, to whom the question is escalated: what its node says, or else admins and owners."""
    return await thread.escalate(session, by, approval_id, wanted.text)
