"""Signals to a run, and events to the whole team, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from backend.core import db
from backend.identity.edge import CurrentPrincipal
from backend.runs import body, signals, telling
from backend.runs.schemas import EventPublic, SendEvent, SendSignal, SignalPublic

router = APIRouter()
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


@router.post(
    "/runs/{run_id}/signals", status_code=202, openapi_extra=body.documented(SendSignal, required=True)
)
async def send(run_id: str, request: Request, by: CurrentPrincipal, key: Key = None) -> SignalPublic:
    """Accepted means stored: the run goes on with it, also if it comes to wait for it only later."""
    wanted = await body.read(request, SendSignal)
    async with db.database().transaction() as session:
        return await signals.send(session, by, run_id, wanted, idempotency_key=key)


@router.post("/events", status_code=202, openapi_extra=body.documented(SendEvent, required=True))
async def tell(request: Request, by: CurrentPrincipal, key: Key = None) -> EventPublic:
    """Accepted means stored: every run of the team that waits for this topic and key goes on, and one that comes to wait."""
    wanted = await body.read(request, SendEvent)
    async with db.database().transaction() as session:
        return await telling.send(session, by, wanted, idempotency_key=key)
