"""One Redis subscriber for all sockets of a web process, with the database as its fallback."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any

import orjson
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from backend.core import db, log, redis
from backend.runs import live, repository
from backend.runs.batch import Item
from backend.runs.channel import Channel, Feed
from backend.runs.endings import Endings

POLL_SECONDS = 1.0  # while Redis works: finds what a lost message would have told
POLL_SECONDS_WITHOUT_REDIS = 0.2
GRACE_SECONDS = 0.25
"""So long after its commit an event may be on its way before it counts as lost."""

_log = log.get(__name__)


class Hub:
    """Feeds of this process by run. `run` must be alive for live events; without it, nothing is lost but time."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._pubsub: PubSub | None = None
        self._connected = asyncio.Event()
        self.endings = Endings()

    @asynccontextmanager
    async def watch(self, run_id: str) -> AsyncGenerator[Feed]:
        """A feed of the run's live events; it is subscribed when this is entered, unless Redis is away."""
        name, feed = live.channel(run_id), Feed()
        channel = self._channels.setdefault(name, Channel())
        channel.feeds.add(feed)
        try:
            if not channel.subscribed.is_set():
                await self._subscribe(name, channel)
            yield feed
        finally:
            channel.feeds.discard(feed)
            if not channel.feeds and self._channels.get(name) is channel:
                del self._channels[name]
                await self._tell("unsubscribe", name)

    async def run(self) -> None:
        """Listen to Redis and look at the database until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._poll())

    async def _subscribe(self, name: str, channel: Channel) -> None:
        await self._tell("subscribe", name)
        if self._connected.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await channel.subscribed.wait()

    async def _tell(self, what: str, *names: str) -> None:
        if self._pubsub is not None and self._connected.is_set():
            with suppress(RedisError, OSError):
                await getattr(self._pubsub, what)(*names)

    async def _listen(self) -> None:
        pause = 0.05
        while True:
            try:
                pubsub: Any = redis.client().pubsub()  # pyright: ignore[reportUnknownMemberType]
                async with pubsub:
                    await pubsub.subscribe(live.ENDED)
                    self._pubsub = pubsub
                    self._connected.set()  # from here on who comes subscribes, so nobody falls between the two
                    if self._channels:
                        await pubsub.subscribe(*self._channels)
                    pause = 0.05
                    async for message in pubsub.listen():
                        self._receive(message)
            except (RedisError, OSError) as error:
                _log.warning("live events come by polling until redis answers", error=str(error))
            finally:
                self._forget_subscriptions()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _forget_subscriptions(self) -> None:
        self._connected.clear()
        for channel in self._channels.values():
            channel.subscribed.clear()

    def _receive(self, message: dict[str, Any]) -> None:
        name: str = message["channel"].decode()
        if name == live.ENDED and message["type"] == "message":
            self.endings.heard(message["data"].decode().split("\n"))
        channel = self._channels.get(name)
        if channel is None:
            return
        if message["type"] == "subscribe":
            channel.subscribed.set()
        elif message["type"] == "message":
            channel.receive([_item(text) for text in message["data"].split(b"\n")])

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS if self._connected.is_set() else POLL_SECONDS_WITHOUT_REDIS)
            try:
                await self._look_for_ends()
                await self._look_for_events()
            except Exception as error:  # noqa: BLE001 - the web process would end, and the next look finds what this one lost
                _log.warning("what was not told live comes late", exc_info=error)

    async def _look_for_events(self) -> None:
        newest = await self._newest([name.removeprefix(live.channel("")) for name in self._channels])
        missing = {run_id: heard for run_id, seq in newest.items() if (heard := self._heard(run_id)) < seq}
        if missing and self._connected.is_set():
            await asyncio.sleep(GRACE_SECONDS)
        for run_id, heard in missing.items():
            channel = self._channels.get(live.channel(run_id))
            # Where more has come since, the rest is late, not lost; of a hole between what comes, its reader knows.
            if channel and channel.heard == heard:
                channel.know(newest[run_id])

    def _heard(self, run_id: str) -> int:
        channel = self._channels.get(live.channel(run_id))
        return channel.heard if channel else 0

    async def _newest(self, run_ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(run_ids), 500):
            async with db.database().reading() as session:
                found |= await repository.last_seqs(session, run_ids[start : start + 500])
        return found

    async def _look_for_ends(self) -> None:
        waited_for = self.endings.waited_for()
        for start in range(0, len(waited_for), 500):
            async with db.database().reading() as session:
                self.endings.heard(await repository.ended(session, waited_for[start : start + 500]))


def _item(text: bytes) -> Item:
    event = orjson.loads(text)
    return Item(event["seq"], event["kind"], text.decode())


@lru_cache
def hub() -> Hub:
    """The hub of this process; `serving` keeps it alive."""
    return Hub()


@asynccontextmanager
async def serving() -> AsyncGenerator[None]:
    """Live events for as long as this is entered; the web process enters it when it starts."""
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(hub().run())
        yield
        listening.cancel()
