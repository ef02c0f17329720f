"""Rate limits (SEC-28): counted in Redis for all processes together, in memory while Redis is away."""

import time
from math import ceil
from typing import Any, Literal
from weakref import WeakKeyDictionary

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core import log, redis
from backend.core.errors import TooMany
from backend.core.settings import settings

What = Literal["address", "account", "key", "join", "preview", "remark", "proposal"]
_FIXED: dict[What, RateLimitItem] = {
    "address": parse("10/minute"),
    "account": parse("5/minute"),
    "join": parse("10/minute"),
    "preview": parse("300/minute"),
    "remark": parse("60/minute"),
    "proposal": parse("20/minute"),
}
_REDIS_REST_SECONDS = 15.0
_LIMITERS: "WeakKeyDictionary[Redis, Limiter]" = WeakKeyDictionary()


class Limiter:
    """Moving windows in Redis; when it fails, memory takes over and Redis is tried again a little later."""

    def __init__(self, client: Redis) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        pool: Any = client.connection_pool
        storage = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix="q:limit", connection_pool=pool
        )
        self._redis = MovingWindowRateLimiter(storage)
        self._redis_again_at = 0.0

    async def hit(self, limit: RateLimitItem, what: What, whose: str) -> int:
        """Count one; 0 when it is within the limit, else the seconds to wait."""
        if time.monotonic() >= self._redis_again_at:
            try:
                return await _hit(self._redis, limit, what, whose)
            except (RedisError, OSError) as error:
                log.get(__name__).warning("rate_limits_in_memory", error=str(error))
                self._redis_again_at = time.monotonic() + _REDIS_REST_SECONDS
        return await _hit(self._memory, limit, what, whose)


async def require(what: What, whose: str) -> None:
    """Count one use and raise TooMany when that was one too many."""
    limit = _limit(what)
    if limit and (wait := await limiter().hit(limit, what, whose)):
        raise TooMany("Too many attempts in a short time.", retry_after=wait)


def limiter() -> Limiter:
    """The limiter that goes with this process' Redis client."""
    client = redis.client()
    if client not in _LIMITERS:
        _LIMITERS[client] = Limiter(client)
    return _LIMITERS[client]


def _limit(what: What) -> RateLimitItem | None:
    """None where the operator wants no limit."""
    if what != "key":
        return _FIXED[what]
    allowed = settings().api_rate_per_minute
    return RateLimitItemPerMinute(allowed) if allowed else None


async def _hit(windows: MovingWindowRateLimiter, limit: RateLimitItem, what: What, whose: str) -> int:
    if await windows.hit(limit, what, whose):
        return 0
    stats = await windows.get_window_stats(limit, what, whose)
    return max(1, ceil(stats.reset_time - time.time()))
