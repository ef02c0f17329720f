"""The events of a run by websocket, by server-sent events, and as plain pages; all three under one address."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from starlette.types import Send

from backend.core import db
from backend.core.errors import NotFound, TooMany
from backend.core.plain_text import RowNumber
from backend.identity import standing
from backend.identity.edge import CurrentPrincipal, principal_of_socket
from backend.identity.principal import Principal
from backend.runs import hub, service, stream
from backend.runs.schemas import EventPage
from backend.runs.stream import Watched

router = APIRouter()
HEARTBEAT_SECONDS = 15.0
UNKNOWN, NOT_ALLOWED, TOO_MANY, COME_AGAIN = 4404, 4401, 4429, 1012
After = Annotated[RowNumber, Query(description="Events with a greater number are sent.")]
Lines = Annotated[bool, Query(description="A message may hold several events, a line each.")]
LastEvent = Annotated[str | None, Header(alias="Last-Event-ID")]


@router.get(
    "/runs/{run_id}/events",
    response_model=EventPage,
    responses={200: {"content": {"text/event-stream": {}}, "description": "A page, or a stream by Accept."}},
)
async def events(
    run_id: str,
    request: Request,
    by: CurrentPrincipal,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    last_event: LastEvent = None,
) -> EventPage | StreamingResponse:
    """With `Accept: text/event-stream` the stream, which a browser resumes by itself; else one page of the history."""
    async with db.database().reading() as session:
        if "text/event-stream" not in request.headers.get("accept", ""):
            return await service.events_after(session, by, run_id, after, limit)
        await service.get(session, by, run_id)
    if last_event and last_event.isdecimal() and len(last_event) < 19:
        after = int(last_event)
    lines = _server_sent(stream.watched(by, run_id, after))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    answer = _WhileAllowed(lines, media_type="text/event-stream", headers=headers)
    answer.until = partial(standing.until_ended, request, by)
    return answer


class _WhileAllowed(StreamingResponse):
    """A stream that ends when its reader leaves, and when `until` returns."""

    until: Callable[[], Coroutine[Any, Any, object]]

    async def stream_response(self, send: Send) -> None:
        async with asyncio.TaskGroup() as tasks:
            working = [
                tasks.create_task(super().stream_response(send)),
                tasks.create_task(self.until()),
            ]
            await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            for task in working:
                task.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _server_sent(watched: Watched) -> AsyncGenerator[str]:
    yield "retry: 1000\n\n"
    async with aclosing(stream.batches(hub.hub(), watched, HEARTBEAT_SECONDS)) as batches:
        async for items in batches:
            yield items.server_sent


@router.websocket("/runs/{run_id}/events")
async def socket(websocket: WebSocket, run_id: str, after: After = 0, lines: Lines = False) -> None:
    """One JSON text an event. The server never closes it; it ends when the reader leaves or their session ends."""
    await websocket.accept()
    try:
        by = await principal_of_socket(websocket)
    except TooMany as wrong:
        await websocket.close(TOO_MANY, wrong.message)
        return
    if by is None:
        await websocket.close(NOT_ALLOWED, "Sign in first.")
        return
    if not await _may_watch(by, run_id):
        await websocket.close(UNKNOWN, "There is no such run.")
        return
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(_send(websocket, stream.watched(by, run_id, after), lines=lines)),
            tasks.create_task(_until_it_leaves(websocket)),
            revoked := tasks.create_task(standing.until_ended(websocket, by)),
        ]
        await asyncio.wait(working[1:], return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            task.cancel()
    if revoked.done() and not revoked.cancelled():  # only now: a server may not close while somebody receives
        with suppress(WebSocketDisconnect, RuntimeError):
            if revoked.result():
                await websocket.close(COME_AGAIN, "Your roles have changed.")
            else:
                await websocket.close(NOT_ALLOWED, "Your session has ended.")


async def _may_watch(by: Principal, run_id: str) -> bool:
    async with db.database().reading() as session:
        try:
            await service.get(session, by, run_id)
        except NotFound:
            return False
    return True


async def _send(websocket: WebSocket, watched: Watched, *, lines: bool) -> None:
    """A socket that is gone raises here; `_until_it_leaves` sees it too and ends the rest."""
    with suppress(WebSocketDisconnect, RuntimeError):
        async with aclosing(stream.batches(hub.hub(), watched)) as batches:
            async for items in batches:
                for text in items.frames if lines else (item.text for item in items):
                    await websocket.send_text(text)


async def _until_it_leaves(websocket: WebSocket) -> None:
    """Nothing is expected from the reader; what it says is not looked at."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
