"""Tells every web process that sessions ended, so that open sockets of theirs can be closed at once."""

from collections.abc import AsyncGenerator
from typing import Any

from redis.exceptions import RedisError

from backend.core import log, redis

CHANNEL = "q:session.revoked"


async def announce(session_ids: list[str]) -> None:
    """Publish the ids; without Redis the sockets find out at their next look into the database."""
    client: Any = redis.client()  # redis-py leaves these methods without types
    try:
        for session_id in session_ids:
            await client.publish(CHANNEL, session_id)
    except (RedisError, OSError) as error:
        log.get(__name__).warning("session_revocation_not_announced", error=str(error))


async def ended() -> AsyncGenerator[str]:
    """The ids of sessions as they end; raises what Redis raises when it goes away."""
    client: Any = redis.client()
    async with client.pubsub() as channel:
        await channel.subscribe(CHANNEL)
        async for message in channel.listen():
            if message["type"] == "message":
                yield message["data"].decode()
