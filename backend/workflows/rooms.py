"""Draft rooms: one document a workflow in each web process, shared by its sockets and kept in the draft's log.

A room opens with its first socket and ends with its last. Edits reach the other sockets at once and the log
within about 50 ms; what other processes wrote is read from the log, on a notice or at the next look.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has none
from pycrdt import Doc, TransactionEvent
from sqlalchemy.exc import SQLAlchemyError

from backend.core import db, log
from backend.core.errors import TooLarge, Unavailable
from backend.workflows import document, drafts, fanout, naming, protocol, repository, updates
from backend.workflows.awareness import Awareness
from backend.workflows.remarks import Remarks
from backend.workflows.updates import BadUpdate, Touched

MAX_DOCUMENT_BYTES = 20_000_000
MAX_WAITING_BYTES = 40_000_000
BATCH_SECONDS = 0.05
LOOK_SECONDS = 2.0
RETRY_SECONDS = 1.0
_log = log.get(__name__)


class Room:
    """One open draft. `enter` and `leave` it with something that has `send(frame)` and `end(code, reason)`."""

    def __init__(self, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        self.doc: Doc[Any] = Doc()
        self.awareness = Awareness()
        self.remarks = Remarks()
        self._touched = Touched()
        self.people: set[Any] = set()
        self.broken = False
        self._pending: list[tuple[str, bytes]] = []
        self._barriers: deque[tuple[int, Callable[[], None]]] = deque()
        self._accepted = self._durable = 0
        self._seen = self._size = self._rows = self._waiting = 0
        self._changes: list[bytes] = []
        self._wake = asyncio.Event()
        self._opening = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read the log once, then keep it."""
        async with self._opening:
            if self._keeper is not None:
                return
            async with db.database().reading() as session:
                self.doc, self._seen = await drafts.load(session, self.workflow_id)
            self._rows = drafts.COMPACT_ROWS  # how long the log is, nobody knows yet: look at the first flush
            self._size = len(self.doc.get_update())
            self.doc.observe(self._changed)
            self.remarks.watch(self.doc)
            self._touched.watch(self.doc)
            # A room outlives each of its sockets; its last socket awaits the keeper in `leave`.
            self._keeper = asyncio.create_task(self._keep())  # noqa: TID251

    def take(self, update: bytes, by: str, sender: object) -> None:
        """Merge an edit, show it to the others, and queue it for the log. Raises BadUpdate, TooLarge."""
        self._require_space(update)
        updates.require_sound(update, self.doc)
        with self.remarks.by(by):
            self._apply(update)
        self._require_shallow()
        for change in self._drain():
            self._accepted += 1
            self._size += len(change)
            self._waiting += len(change)
            self._pending.append((by, change))
            self.broadcast(protocol.sync("update", change), but=sender)
        self._wake.set()

    def when_durable(self, call: Callable[[], None]) -> None:
        """Call once everything taken so far is in the database; at once if it is."""
        if self._durable >= self._accepted:
            call()
        else:
            self._barriers.append((self._accepted, call))

    def pending(self) -> list[bytes]:
        """Edits that are not in the log yet."""
        return [update for _, update in self._pending]

    def broadcast(self, frame: bytes, *, but: object = None) -> None:
        """Send to everybody in the room of this process."""
        for person in list(self.people):
            if person is not but:
                person.send(frame)

    def look(self) -> None:
        """Read the log soon."""
        self._wake.set()

    def end(self, code: int, reason: str) -> None:
        """Show everybody out."""
        for person in list(self.people):
            person.end(code, reason)

    async def leave(self, person: object) -> None:
        """Go; the last one waits until all is written."""
        self.people.discard(person)
        if not self.people and self._keeper is not None:
            self._wake.set()
            await asyncio.shield(self._keeper)

    def _require_space(self, update: bytes) -> None:
        if self._waiting > MAX_WAITING_BYTES:
            raise Unavailable("The draft cannot be stored at the moment.", fix="Wait until it is saved.")
        if self._size + len(update) > MAX_DOCUMENT_BYTES:
            self._size = len(self.doc.get_update())
        if self._size + len(update) > MAX_DOCUMENT_BYTES:
            raise TooLarge("The draft is over 20 MB.", fix="Move large values out of the diagram.")

    def _require_shallow(self) -> None:
        """Nobody reads, and the log never has, what lies deeper than drafts do."""
        if not updates.is_shallow(self.doc, self._touched.taken()):
            self._drain()
            self._break()
            raise BadUpdate("This is not an update of the draft.", fix="Reload the page.")

    def _break(self) -> None:
        """The document is in a state that is not to be trusted: everybody reads it anew from the log."""
        self.broken = True
        self.end(4500, "The draft is read anew; reconnect.")

    def _apply(self, update: bytes) -> None:
        if update == drafts.NOTHING:
            return
        applied = False
        try:
            self.doc.apply_update(update)
            applied = True
        except ValueError as wrong:
            applied = True  # refused before it touched anything
            raise BadUpdate("This is not an update of the draft.", fix="Reload the page.") from wrong
        finally:
            if not applied:
                self._break()  # after a panic of the library nobody knows what it holds

    def _changed(self, event: TransactionEvent) -> None:
        self._changes.append(event.update)

    def _drain(self) -> list[bytes]:
        changes, self._changes = self._changes, []
        return [change for change in changes if change != drafts.NOTHING]

    async def _keep(self) -> None:
        while self.people or self._pending:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass  # a notice may have been lost: look into the log anyway
            self._wake.clear()
            try:
                await self._flush()
                await self._catch_up()
                await self._compact()
            except (SQLAlchemyError, asyncpg.PostgresError, OSError) as lost:
                _log.warning("draft_not_written", workflow=self.workflow_id, error=str(lost))
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()
            await asyncio.sleep(BATCH_SECONDS if self.people else 0)
        await _closed(self)

    async def _flush(self) -> None:
        batch, upto = list(self._pending), self._accepted
        if batch:
            rows, remarks = drafts.merged(batch), self.remarks.waiting()
            async with db.database().transaction() as session:
                workflow = await repository.lock(session, self.workflow_id)
                last = await drafts.append(session, workflow, rows) if workflow else 0
                if workflow and not self.broken:
                    await naming.follow(session, workflow, document.meta(self.doc))
                    await self.remarks.tell(session, workflow, remarks)
            self.remarks.told(remarks)
            self._written(last, len(rows))
            del self._pending[: len(batch)]
            self._waiting = sum(len(update) for _, update in self._pending)
        self._durable = upto
        while self._barriers and self._barriers[0][0] <= self._durable:
            self._barriers.popleft()[1]()

    def _written(self, last: int, count: int) -> None:
        self._rows += count
        if last == self._seen + count:
            self._seen = last  # nobody else wrote in between: there is nothing to read back

    async def _catch_up(self) -> None:
        async with db.database().reading() as session:
            rows = await repository.updates(session, self.workflow_id, after=self._seen)
        for row in rows:
            self._apply(row.data)
            self._seen = row.number
            self._rows += 1
        self._touched.taken()  # whoever wrote it has looked at it
        for change in self._drain():
            self._size += len(change)
            self.broadcast(protocol.sync("update", change))

    async def _compact(self) -> None:
        if self._rows >= drafts.COMPACT_ROWS:
            self._rows = 0
            async with db.database().transaction() as session:
                await drafts.compact(session, self.workflow_id)


_rooms: dict[str, Room] = {}
_hearing: list[asyncio.Task[None]] = []


async def enter(workflow_id: str, person: object) -> Room:
    """The room of a draft with this person in it, opened if it was not."""
    room = _rooms.get(workflow_id)
    if room is None or room.broken:
        room = _rooms[workflow_id] = Room(workflow_id)
    if not _hearing:
        # Runs while any room is open; `_closed` ends and awaits it.
        _hearing.append(asyncio.create_task(fanout.hear()))  # noqa: TID251
    room.people.add(person)
    opened = False
    try:
        await room.open()
        opened = True
    finally:
        if not opened:
            room.people.discard(person)
            await _closed(room)
    return room


async def _closed(room: Room) -> None:
    """Forget an empty room, and stop listening to the other processes with the last one."""
    if room.people:
        return
    if _rooms.get(room.workflow_id) is room:
        del _rooms[room.workflow_id]
    if not _rooms and _hearing:
        task = _hearing.pop()
        task.cancel()
        await asyncio.wait([task])


def pending(workflow_id: str) -> list[bytes]:
    """Edits of a draft that this process has taken but not written yet."""
    room = _rooms.get(workflow_id)
    return room.pending() if room else []


async def _noticed(workflow_id: str, word: fanout.Word, data: bytes) -> None:
    room = _rooms.get(workflow_id)
    if room is None:
        return
    if word == "grew":
        room.look()
    elif word == "gone":
        room.end(4410, "The workflow was archived.")
    else:
        room.awareness.heard(data)
        room.broadcast(protocol.awareness(data))


fanout.listen(_noticed)
