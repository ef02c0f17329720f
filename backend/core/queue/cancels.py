"""Cancellation: a durable set of task ids, and a channel that reaches tasks while they run."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from backend.core import clock
from backend.core.queue import link, names

REMEMBER_SECONDS = 24 * 3600


async def request(client: Redis, group: str, task_id: str) -> None:
    """Cancel a task wherever it is: waiting, running, or not even sent yet."""
    forget_at = clock.now().timestamp() + REMEMBER_SECONDS
    await link.say(client, "ZADD", names.cancelled(group), forget_at, task_id)
    await link.say(client, "PUBLISH", names.cancels(group), task_id)


class Cancels:
    """The cancelled ids as this worker knows them, and the jobs that they may hit.

    The set is read after each (re)connection of the channel, so starting a task costs no round trip.
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self.known: set[str] = set()
        self._running: dict[str, asyncio.Future[Any]] = {}
        self.ready = asyncio.Event()

    def began(self, task_id: str, job: asyncio.Future[Any]) -> None:
        """A task runs now."""
        self._running[task_id] = job

    def ended(self, task_id: str) -> None:
        """A task no longer runs."""
        self._running.pop(task_id, None)

    async def watch(self) -> None:
        """Listen for ever, through losses of Redis."""
        backoff = link.Backoff()
        while True:
            try:
                async with self._subscribed() as messages:
                    backoff.reset()
                    async for task_id in messages:
                        self._cancel(task_id.decode())
            except link.LOST:
                await backoff.wait()

    @asynccontextmanager
    async def _subscribed(self) -> AsyncGenerator[AsyncGenerator[bytes]]:
        async with link.connection() as client, client.pubsub() as channel:  # pyright: ignore[reportUnknownMemberType]
            await channel.subscribe(names.cancels(self.group))  # pyright: ignore[reportUnknownMemberType]
            await self._read_all(client)
            self.ready.set()
            yield link.messages(channel)

    async def _read_all(self, client: Redis) -> None:
        now = clock.now().timestamp()
        await link.say(client, "ZREMRANGEBYSCORE", names.cancelled(self.group), "-inf", now)
        ids: list[bytes] = await link.say(client, "ZRANGE", names.cancelled(self.group), 0, -1)
        self.known = {one.decode() for one in ids}
        for task_id in self.known & self._running.keys():
            self._cancel(task_id)

    def _cancel(self, task_id: str) -> None:
        self.known.add(task_id)
        job = self._running.get(task_id)
        if job:
            job.cancel()
