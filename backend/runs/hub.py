"""One Redis subscriber for all sockets of a web process, with the database as its fallback."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from backend.core import db, log, redis
from backend.runs import live, repository
from backend.runs.endings import Endings

BUFFER = 1000
MOST_VOLATILE = 250
"""So much may wait for a reader before volatile events are dropped: they never cost it the rows."""

POLL_SECONDS = 1.0  # while Redis works: finds what a lost message would have told
POLL_SECONDS_WITHOUT_REDIS = 0.2
_log = log.get(__name__)


@dataclass(frozen=True)
class Item:
    """One event as JSON text; `seq` is None for volatile ones."""

    seq: int | None
    kind: str
    text: str


class Feed:
    """What one reader has not taken yet; a reader that is too slow loses the buffer, not the connection."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._overflow = False
        self._newest = 0
        self._change = asyncio.Event()

    def put(self, item: Item) -> None:
        """Add an event. A slow reader does not get volatile ones; when full, a row makes it start over from the rows."""
        if item.seq is None and len(self._items) >= MOST_VOLATILE:
            return
        if len(self._items) >= BUFFER:
            self._overflow = True
            self._items.clear()
        if not self._overflow:
            self._items.append(item)
        self._change.set()

    def know(self, newest: int) -> None:
        """The database has rows up to this number."""
        self._newest = max(self._newest, newest)
        self._change.set()

    def forget_newest(self) -> None:
        """Called before rows are read, so that what `know` says afterwards is news."""
        self._newest = 0

    async def next(self, sent: int) -> Item | None:
        """The next event, or None when rows must be read: after an overflow, or when a message was lost."""
        while True:
            if self._overflow:
                return None
            if self._items:
                return self._items.popleft()
            if self._newest > sent:
                return None
            self._change.clear()
            await self._change.wait()

    def take_overflow(self) -> bool:
        """True once after an overflow; from here on events are collected again."""
        was, self._overflow = self._overflow, False
        return was


@dataclass
class _Channel:
    feeds: set[Feed] = field(default_factory=set[Feed])
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Feeds of this process by run. `run` must be alive for live events; without it, nothing is lost but time."""

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}
        self._pubsub: PubSub | None = None
        self._connected = asyncio.Event()
        self.endings = Endings()

    @asynccontextmanager
    async def watch(self, run_id: str) -> AsyncGenerator[Feed]:
        """A feed of the run's live events; it is subscribed when this is entered, unless Redis is away."""
        name, feed = live.channel(run_id), Feed()
        channel = self._channels.setdefault(name, _Channel())
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

    async def _subscribe(self, name: str, channel: _Channel) -> None:
        await self._tell("subscribe", name)
        if self._connected.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(channel.subscribed.wait(), 1)

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
                    await pubsub.subscribe(live.ENDED, *self._channels)
                    self._pubsub = pubsub
                    self._connected.set()
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
            for text in message["data"].split(b"\n"):
                event = orjson.loads(text)
                item = Item(event["seq"], event["kind"], text.decode())
                for feed in channel.feeds:
                    feed.put(item)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS if self._connected.is_set() else POLL_SECONDS_WITHOUT_REDIS)
            await self._look_for_ends()
            run_ids = [name.removeprefix(live.channel("")) for name in self._channels]
            for start in range(0, len(run_ids), 500):
                async with db.database().reading() as session:
                    newest = await repository.last_seqs(session, run_ids[start : start + 500])
                for run_id, seq in newest.items():
                    if channel := self._channels.get(live.channel(run_id)):
                        for feed in channel.feeds:
                            feed.know(seq)

    async def _look_for_ends(self) -> None:
        waited_for = self.endings.waited_for()
        for start in range(0, len(waited_for), 500):
            async with db.database().reading() as session:
                self.endings.heard(await repository.ended(session, waited_for[start : start + 500]))


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
