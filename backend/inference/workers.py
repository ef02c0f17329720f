"""Which inference workers live: each reports itself in Redis, and the report ends with the worker."""

import asyncio

from backend.core import log, redis
from backend.core.queue import link
from backend.inference.stats import WorkerStats

EVERY_SECONDS = 2.0
FORGET_SECONDS = 8
_PREFIX = "q:inference:worker:"

_log = log.get(__name__)


async def report(stats: WorkerStats) -> None:
    """Say that a worker lives, and what it did."""
    key = _PREFIX + stats.worker
    await link.say(redis.client(), "SET", key, stats.model_dump_json(), "EX", FORGET_SECONDS)


async def say_goodbye(worker: str) -> None:
    """Take a worker off the list, where Redis can still be told."""
    try:
        await link.say(redis.client(), "DEL", _PREFIX + worker)
    except link.LOST as error:
        _log.info("inference.left_without_goodbye", error=str(error))


async def living() -> list[WorkerStats]:
    """The inference workers that reported themselves lately."""
    found: list[WorkerStats] = []
    cursor = b"0"
    while True:
        cursor, keys = await _scan(cursor)
        for key in keys:
            text: bytes | None = await link.say(redis.client(), "GET", key)
            if text:
                found.append(WorkerStats.model_validate_json(text))
        if cursor == b"0":
            return sorted(found, key=lambda one: one.worker)


async def wait_for_one(seconds: float = 60) -> None:
    """Return as soon as a worker lives; TimeoutError else."""
    async with asyncio.timeout(seconds):
        while not await living():  # noqa: ASYNC110 - Redis tells of no new key
            await asyncio.sleep(0.05)


async def _scan(cursor: bytes) -> tuple[bytes, list[bytes]]:
    answer: tuple[int | bytes, list[bytes]] = await link.say(
        redis.client(), "SCAN", cursor, "MATCH", _PREFIX + "*", "COUNT", 500
    )
    following, keys = answer
    return str(following).encode() if isinstance(following, int) else following, keys
