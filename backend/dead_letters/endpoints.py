"""Dead letters over HTTP: the list, one letter, redrive and discard, of one or of many."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.dead_letters import many, service
from backend.dead_letters.schemas import (
    Answers,
    Discarding,
    DiscardMany,
    LetterDetail,
    LetterFilter,
    LetterPage,
    Reason,
    RedriveMany,
    Redriving,
    Status,
)
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession

router = APIRouter(prefix="/api/v1", tags=["dead letters"])


@router.get("/dead-letters")
async def list_(  # noqa: PLR0913 - a parameter for each filter
    *,
    session: ReadSession,
    by: CurrentPrincipal,
    status: Status | None = None,
    reason: Reason | None = None,
    workflow: Annotated[str | None, Query(max_length=200, description="Id or slug.")] = None,
    run: Annotated[str | None, Query(max_length=100)] = None,
    text: Annotated[
        str, Query(max_length=200, description="In the id, run, node, workflow or message.")
    ] = "",
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 50,
) -> LetterPage:
    """Newest first, with how many are open in all."""
    wanted = LetterFilter(status=status, reason=reason, workflow=workflow, run=run, text=text)
    return await service.list_(session, by, wanted, cursor=cursor, limit=limit)


@router.post("/dead-letters/redrive")
async def redrive_many(wanted: RedriveMany, session: WriteSession, by: CurrentPrincipal) -> Answers:
    """Redrive several, by their ids or by a filter; says for each what happened."""
    return await many.redrive(session, by, wanted)


@router.post("/dead-letters/discard")
async def discard_many(wanted: DiscardMany, session: WriteSession, by: CurrentPrincipal) -> Answers:
    """Discard several, by their ids or by a filter; says for each what happened."""
    return await many.discard(session, by, wanted)


@router.get("/dead-letters/{letter_id}")
async def get(letter_id: str, session: ReadSession, by: CurrentPrincipal) -> LetterDetail:
    """One letter with everything that is known."""
    return await service.get(session, by, letter_id)


@router.post("/dead-letters/{letter_id}/redrive")
async def redrive(
    letter_id: str, wanted: Redriving, session: WriteSession, by: CurrentPrincipal
) -> LetterDetail:
    """Go on with what was given up, once: who comes second gets what the first has made."""
    await service.redrive(session, by, letter_id, wanted.version, edited=wanted.edited)
    return await service.get(session, by, letter_id)


@router.post("/dead-letters/{letter_id}/discard")
async def discard(
    letter_id: str, wanted: Discarding, session: WriteSession, by: CurrentPrincipal
) -> LetterDetail:
    """Close it with a note; a compensation counts as settled by hand, and its run goes on."""
    await service.discard(session, by, letter_id, wanted.note)
    return await service.get(session, by, letter_id)
