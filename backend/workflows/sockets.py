"""The draft's socket: lets members of the team into the room, viewers to read and editors to write.

Close codes: 4400 not this protocol, 4401 sign in (again), 4403 the role may not read, 4404 no such workflow,
4410 archived, 4413 message over 1 MB or draft over 20 MB, 4429 too fast or too slow, 4500 read anew.
"""

import asyncio

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from backend.core import db
from backend.core.errors import QuadrilleError, TooLarge, TooMany
from backend.identity import standing
from backend.identity.edge import principal_of_socket
from backend.identity.principal import Principal
from backend.workflows import fanout, protocol, repository, rooms
from backend.workflows.awareness import Person
from backend.workflows.pace import Pace
from backend.workflows.protocol import BadFrame, Frame
from backend.workflows.rooms import Room

MAX_MESSAGE_BYTES = 1_000_000
MAX_QUEUED_BYTES = 40_000_000  # room for one whole document and then some
_NOBODY = protocol.awareness(b"\x00")
_READ_ONLY = "Your role may read this workflow but not edit it."

router = APIRouter()


@router.websocket("/workflows/{ref}/draft")
async def draft(websocket: WebSocket, ref: str) -> None:
    """Edit the draft together (y-websocket protocol)."""
    await websocket.accept()
    try:
        by = await principal_of_socket(websocket)
    except TooMany as wrong:
        await websocket.close(4429, wrong.message)
        return
    if by is None:
        await websocket.close(4401, "Sign in first.")
        return
    if not by.may("workflow.read"):
        await websocket.close(4403, "Your role does not allow this (workflow.read).")
        return
    async with db.database().reading() as session:
        workflow = await repository.find(session, by.team_id, ref)
    if workflow is None or workflow.archived_at:
        await websocket.close(
            *((4410, "The workflow is archived.") if workflow else (4404, "No such workflow."))
        )
        return
    await Guest(websocket, by).stay(workflow.id)


class Guest:
    """One socket in a room."""

    def __init__(self, websocket: WebSocket, by: Principal) -> None:
        self.websocket, self.by = websocket, by
        self.person = Person(by.account_id, by.name)
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._queued = 0
        self._pace = Pace()
        self._ending: tuple[int, str] | None = None

    def send(self, frame: bytes) -> None:
        """Queue a frame; whoever reads too slowly is asked to come back later."""
        self._queued += len(frame)
        if self._queued > MAX_QUEUED_BYTES:
            self.end(4429, "You read too slowly; reconnect.")
        self._queue.put_nowait(frame)

    def end(self, code: int, reason: str) -> None:
        """Close the socket before anything else is sent."""
        self._ending = self._ending or (code, reason)
        self._queue.put_nowait(b"")

    async def stay(self, workflow_id: str) -> None:
        """Be in the room until one side ends it."""
        room = await rooms.enter(workflow_id, self)
        try:
            self.send(protocol.sync("step1", room.doc.get_state()))
            if everybody := room.awareness.all():
                self.send(protocol.awareness(everybody))
            await self._talk(room)
        finally:
            if gone := room.awareness.left(self):
                room.broadcast(protocol.awareness(gone), but=self)
                await fanout.aware(workflow_id, gone)
            await room.leave(self)

    async def _talk(self, room: Room) -> None:
        async with asyncio.TaskGroup() as group:
            jobs = [group.create_task(job) for job in (self._read(room), self._write(), self._watch())]
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            for job in jobs:
                job.cancel()
        # Only now that nobody reads: granian does not close a socket on which a read is waiting.
        if self._ending and self.websocket.client_state is WebSocketState.CONNECTED:
            await self.websocket.close(self._ending[0], self._ending[1][:100])

    async def _read(self, room: Room) -> None:
        while True:
            message = await self.websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                await self._hear(room, message.get("bytes"))
            except TooLarge as wrong:
                self.end(4413, wrong.message)
            except (BadFrame, QuadrilleError) as wrong:
                self.end(4400, str(wrong))

    async def _hear(self, room: Room, data: bytes | None) -> None:
        if data is None:
            raise BadFrame("Send binary frames of y-protocols.")
        if len(data) > MAX_MESSAGE_BYTES:
            raise TooLarge("The message is over 1 MB; use PUT for a whole diagram.")
        frame = protocol.frame_of(data)
        wait = self._pace.spend(len(data), whole=frame is not None and frame.word in ("step1", "query"))
        if wait:
            await asyncio.sleep(wait)
        if frame is None or self._ending:
            return
        if frame.word in ("step2", "update"):
            self._edit(room, frame)
        elif frame.word == "awareness":
            await self._be_seen(room, frame)
        else:
            self._answer(room, frame)

    def _edit(self, room: Room, frame: Frame) -> None:
        if self.by.may("workflow.edit"):
            room.take(frame.body, self.by.account_id, self)
        elif frame.word == "update":
            self.send(protocol.denied(_READ_ONLY))

    async def _be_seen(self, room: Room, frame: Frame) -> None:
        if news := room.awareness.told(frame.body, self, self.person):
            room.broadcast(protocol.awareness(news), but=self)
            await fanout.aware(room.workflow_id, news)

    def _answer(self, room: Room, frame: Frame) -> None:
        if frame.word == "step1":
            self.send(protocol.sync("step2", _missing(room, frame.body)))
        elif frame.word == "query":
            self.send(protocol.awareness(room.awareness.all() or b"\x00"))
        else:
            room.when_durable(lambda: self.send(protocol.barrier(frame.number)))

    async def _write(self) -> None:
        while True:
            frame = await self._queue.get()
            if self._ending:
                return
            try:
                await self.websocket.send_bytes(frame)
            except WebSocketDisconnect:
                return
            self._queued -= len(frame)

    async def _watch(self) -> None:
        """Say something now and then, and notice when the session ends or the role changes.

        y-websocket reconnects after 30 seconds of silence.
        """
        async for by in standing.looks(self.websocket, self.by):
            if not by.may("workflow.read"):
                self.end(4403, "Your role does not allow this any longer.")
            if self._ending:
                break
            self.by = by
            self.send(_NOBODY)
        self.end(4401, "Your session has ended; sign in again.")
        await asyncio.Event().wait()  # the writer says good-bye and ends us all


def _missing(room: Room, state: bytes) -> bytes:
    try:
        return room.doc.get_update(state)
    except ValueError as wrong:
        raise BadFrame("This is not a state vector.") from wrong
