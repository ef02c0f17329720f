"""The queue's own connection: no hidden retries, and the few commands it speaks."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from backend.core import redis

BLOCK_SECONDS = 1.0
QUIET_SECONDS = 5.0
ANSWER_SECONDS = BLOCK_SECONDS + 10
LOST = (RedisError, OSError)  # what a Redis that is away, loading or confused makes of a command


def connect() -> Redis:
    """A client that fails at once: whoever uses it knows better than a driver when to try again.

    Without `socket_timeout`: for that redis-py uses `asyncio.wait_for`, which in Python 3.11 forgets a cancellation that
    comes while its work is done, and the cancelled task goes on for ever. `say` has its own deadline.
    """
    return Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis leaves its options untyped
        redis.url(),
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=3,
        socket_keepalive=True,
    )


@asynccontextmanager
async def connection() -> AsyncGenerator[Redis]:
    """A client of one's own, closed at the end."""
    client = connect()
    try:
        yield client
    finally:
        await client.aclose()


async def say(client: Redis, *command: Any) -> Any:
    """One command, answered in `ANSWER_SECONDS` or a TimeoutError; redis-py's own typing of answers is of no use."""
    async with asyncio.timeout(ANSWER_SECONDS):
        return await client.execute_command(*command)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


async def script(client: Redis, text: str, keys: tuple[str, ...], *arguments: Any) -> Any:
    """Run a script of `scripts`; its whole text is sent, so that a restarted Redis knows it too."""
    return await say(client, "EVAL", text, len(keys), *keys, *arguments)


def pairs(flat: list[bytes]) -> dict[bytes, bytes]:
    """The fields of an entry, which Lua gives as one flat list."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


async def ensure_group(client: Redis, stream: str, group: str) -> None:
    """Make stream and group where they are missing; the group starts at the stream's beginning, so nothing is missed."""
    try:
        await say(client, "XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


class Backoff:
    """Waits a little longer after every failure, with some chance in it; `reset` after a success."""

    def __init__(self, first: float = 0.05, most: float = 2.0) -> None:
        self.first, self.most = first, most
        self._next = first

    async def wait(self) -> None:
        """Wait before the next try."""
        await asyncio.sleep(self._next * random.uniform(0.5, 1))  # noqa: S311 - no secret, only spreading
        self._next = min(self._next * 2, self.most)

    def reset(self) -> None:
        """The next failure is the first one again."""
        self._next = self.first


async def messages(channel: PubSub) -> AsyncGenerator[bytes]:
    """What arrives on a subscribed channel; pings while it is quiet, so that a dead connection is noticed."""
    unanswered = 0
    while True:
        message: Any = await channel.get_message(  # pyright: ignore[reportUnknownVariableType]
            ignore_subscribe_messages=True, timeout=QUIET_SECONDS
        )
        if message is None:
            unanswered += 1
            if unanswered > 3:
                raise ConnectionError("Redis does not answer on a subscribed connection")
            await channel.ping()  # pyright: ignore[reportUnknownMemberType]
            continue
        unanswered = 0
        if message["type"] == "message":
            yield message["data"]


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel until it works: a driver may swallow a cancellation, as redis-py did with its own timeouts."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=0.5)
