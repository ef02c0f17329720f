"""A taskiq broker on Redis streams that loses nothing: leases, strict priorities, dead letters, cancellation."""

import asyncio
import secrets
import socket
import time
from collections import deque
from collections.abc import AsyncGenerator
from functools import lru_cache, partial
from typing import Any

from taskiq import AckableMessage, AsyncBroker, BrokerMessage
from taskiq.exceptions import SendTaskError
from taskiq.kicker import AsyncKicker

from backend.core import failpoints, log, redis
from backend.core.errors import Outage
from backend.core.queue import cancels, dead, link, names, scripts
from backend.core.queue.cancels import Cancels
from backend.core.queue.entry import Delivery, Entry, read
from backend.core.queue.leases import Leases
from backend.core.queue.names import Group, Priority
from backend.core.queue.results import KEEP_SECONDS, Answers, Json
from backend.core.settings import settings

MAX_DELIVERIES = 3
UNKNOWN_SECONDS = 24 * 3600  # a task name nobody knows for a day is no rolling deployment any more

_log = log.get(__name__)


class DurableStreamBroker(AsyncBroker):
    """At least once: a task is deleted when it is done, and taken over when its worker falls silent.

    Sending works in every process; `queue.serve` makes a worker of it. Tasks must be idempotent: a worker that
    dies between its work and the acknowledgement leaves the task to be done again.
    """

    def __init__(self, group: str, *, lease_seconds: float = 0) -> None:
        super().__init__()
        self.group = group
        self.serializer = Json()
        self.result_backend = self.answers = Answers()
        self.capacity = 1
        self._lease_seconds = lease_seconds

    async def open(self, capacity: int, stop: asyncio.Event) -> None:
        """Become a worker until `stop`: connect, and make what is missing in Redis before anything is read."""
        self.is_worker_process = True
        self.capacity = capacity
        self.lease_seconds = self._lease_seconds or settings().lease_seconds
        self.consumer = f"{socket.gethostname()}-{secrets.token_hex(6)}"
        self.leases = Leases(self.group, self.consumer, self.lease_seconds)
        self.cancels = Cancels(self.group)
        self._client = link.connect()
        self._buffer: deque[Entry] = deque()
        self._owed: dict[Entry, tuple[str, bytes]] = {}
        self._next_reclaim = 0.0
        self._stop = stop
        backoff = link.Backoff()
        while not stop.is_set() and not await self._healed():
            await backoff.wait()

    async def send(
        self,
        name: str,
        /,
        *,
        priority: Priority = "normal",
        task_id: str = "",
        reply_to: str = "",
        **arguments: Any,
    ) -> str:
        """Queue a task by its name; its id. Raises Outage where Redis does not take it."""
        labels = {"priority": priority} | ({"reply_to": reply_to} if reply_to else {})
        kicker = AsyncKicker[Any, Any](task_name=name, broker=self, labels=labels)
        try:
            return (await kicker.with_task_id(task_id or None).kiq(**arguments)).task_id
        except SendTaskError as error:
            raise Outage(
                f"The queue does not take tasks: {error.__cause__}",
                fix="Look at `quadrille doctor`: Redis must run and have memory left.",
            ) from error

    async def kick(self, message: BrokerMessage) -> None:
        """Part of taskiq's contract: put a message into the stream of its priority."""
        stream = names.stream(self.group, message.labels.get("priority", "normal"))
        fields = ("id", message.task_id, "name", message.task_name, "body", message.message)
        await link.say(redis.client(), "XADD", stream, "*", *fields)

    async def cancel(self, task_id: str) -> None:
        """Cancel a task: it never starts, or stops at its next await."""
        await cancels.request(redis.client(), self.group, task_id)

    async def depth(self) -> int:
        """How many tasks wait or run."""
        lengths = [await link.say(redis.client(), "XLEN", stream) for stream in names.streams(self.group)]
        return sum(lengths)

    async def listen(self) -> AsyncGenerator[AckableMessage]:
        """Part of taskiq's contract: tasks to start, the most urgent first; asked only when there is room."""
        backoff = link.Backoff()
        # The flag, and not only taskiq's cancelling: redis-py swallows a cancellation that meets its own zero timeout.
        while not self._stop.is_set():
            try:
                await self._fill()
                backoff.reset()
            except link.LOST as error:
                _log.warning("queue.not_read", group=self.group, error=str(error))
                await backoff.wait()
                await self._healed()
            while self._buffer and not self._stop.is_set():
                entry = self._buffer.popleft()
                failpoints.passed("queue.read")
                yield Delivery(data=entry.body, ack=partial(self._acknowledge, entry), entry=entry)

    async def maintain(self) -> None:
        """For ever: repeat acknowledgements that Redis missed, and forget consumers of dead processes."""
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            try:
                await self.flush()
                for stream in names.streams(self.group):
                    idle = max(60.0, self.lease_seconds * 10) * 1000
                    await link.script(self._client, scripts.TIDY, (stream,), self.group, int(idle), "")
            except link.LOST as error:
                _log.warning("queue.maintenance_failed", group=self.group, error=str(error))

    async def flush(self) -> None:
        """Send the acknowledgements that are still owed."""
        for entry, (channel, answer) in list(self._owed.items()):
            await self._finish(entry, channel, answer)

    async def leave(self) -> None:
        """Give everything back that was not done, and forget this consumer."""
        try:
            await self.flush()
            for stream in names.streams(self.group):
                await link.script(self._client, scripts.RELEASE, (stream,), self.group, self.consumer, "-")
                await link.script(
                    self._client, scripts.TIDY, (stream,), self.group, 86_400_000, self.consumer
                )
        except link.LOST as error:
            _log.warning("queue.left_without_goodbye", group=self.group, error=str(error))
        await self._client.aclose()

    async def _fill(self) -> None:
        """Read what there is room for, one priority after the other; when there is nothing, wait for anything."""
        if self._owed:
            await self.flush()
        if time.monotonic() >= self._next_reclaim:
            self._next_reclaim = time.monotonic() + self.lease_seconds / 3
            await self._reclaim()
        if not self._buffer:
            await self._take()
        if not self._buffer:
            await self._wait()

    def _room(self) -> int:
        return max(1, self.capacity - len(self.leases))

    async def _take(self) -> None:
        """What waits in the most urgent stream that is not empty."""
        arguments = (self.group, self.consumer, self._room())
        taken: list[Any] = await link.script(
            self._client, scripts.TAKE, names.streams(self.group), *arguments
        )
        for stream, entry_id, flat in taken:
            await self._admit(read(stream.decode(), entry_id, link.pairs(flat)))

    async def _wait(self) -> None:
        """Until something comes into any stream, at most for a moment."""
        streams = names.streams(self.group)
        command = ("XREADGROUP", "GROUP", self.group, self.consumer, "COUNT", 1)
        block = ("BLOCK", int(link.BLOCK_SECONDS * 1000), "STREAMS", *streams, *(">" for _ in streams))
        answer: list[Any] = await link.say(self._client, *command, *block) or []
        for stream, entries in answer:
            for entry_id, fields in entries:
                await self._admit(read(stream.decode(), entry_id, fields))

    async def _reclaim(self) -> None:
        for stream in names.streams(self.group):
            idle = int(self.lease_seconds * 1000)
            arguments = (self.group, self.consumer, idle, self._room(), *self.leases.ids(stream))
            taken: list[Any] = await link.script(self._client, scripts.RECLAIM, (stream,), *arguments)
            for entry_id, deliveries, flat in taken:
                await self._admit(read(stream, entry_id, link.pairs(flat), deliveries))

    async def _admit(self, entry: Entry) -> None:
        """Into the buffer, unless it is poison, unreadable, or meant for a newer version of the product."""
        if entry.deliveries > MAX_DELIVERIES:
            reason = f"Delivered {MAX_DELIVERIES} times, and every time its worker died or fell silent."
            await dead.bury(self._client, self.group, entry, reason)
        elif unreadable := self._unreadable(entry):
            await dead.bury(self._client, self.group, entry, unreadable)
        elif self.find_task(entry.name) is None:
            await self._put_back_unknown(entry)
        elif self.leases.hold(entry):
            self._buffer.append(entry)

    def _unreadable(self, entry: Entry) -> str:
        """Why nobody can read it; taskiq would throw it away."""
        if not entry.name or not entry.body:
            return "Not readable: name or body is missing."
        try:
            self.formatter.loads(entry.body).parse_labels()
        except ValueError as error:
            return f"Not readable: {str(error).partition(chr(10))[0]}"
        return ""

    async def _put_back_unknown(self, entry: Entry) -> None:
        sent_at = int(entry.id.partition("-")[0]) / 1000
        if time.time() - sent_at > UNKNOWN_SECONDS:
            await dead.bury(self._client, self.group, entry, f"For a day no worker has known {entry.name!r}.")
            return
        _log.warning("queue.unknown_task", name=entry.name, group=self.group)
        await link.script(self._client, scripts.RELEASE, (entry.stream,), self.group, self.consumer, entry.id)

    async def _acknowledge(self, entry: Entry) -> None:
        """Never fails: what Redis misses stays ours and is repeated, since the work itself is done."""
        channel, answer = self.answers.take(entry.task_id)
        try:
            await self._finish(entry, channel, answer)
        except link.LOST as error:
            self._owed[entry] = channel, answer
            _log.warning("queue.acknowledgement_owed", task=entry.task_id, error=str(error))

    async def _finish(self, entry: Entry, channel: str, answer: bytes) -> None:
        keys = (entry.stream, names.result(entry.task_id))
        arguments = (self.group, entry.id, answer, channel, KEEP_SECONDS)
        failpoints.passed("queue.done")
        await link.script(self._client, scripts.FINISH, keys, *arguments)
        failpoints.passed("queue.acknowledged")
        self._owed.pop(entry, None)
        self.leases.free(entry)

    async def _healed(self) -> bool:
        """Make streams and groups that are missing, as they are in an empty Redis; False while it is away."""
        try:
            for stream in names.streams(self.group):
                await link.ensure_group(self._client, stream, self.group)
        except link.LOST as error:
            _log.warning("queue.redis_lost", group=self.group, error=str(error))
            return False
        return True


@lru_cache
def broker(group: Group) -> DurableStreamBroker:
    """The broker of a group in this process; tasks are declared on it with `@broker("runs").task("runs.play")`."""
    return DurableStreamBroker(group)
