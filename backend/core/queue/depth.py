"""How much work a queue holds, for /metrics."""

from dataclasses import dataclass
from typing import cast

from redis.exceptions import ResponseError

from backend.core import redis
from backend.core.queue import link, names


@dataclass(frozen=True)
class Depth:
    """Tasks of one priority: not begun yet, and in the hands of a worker."""

    priority: names.Priority
    waiting: int
    running: int


async def depths(group: names.Group) -> list[Depth]:
    """Each priority of a group, the most urgent first."""
    return [await _depth(group, priority) for priority in names.PRIORITIES]


async def buried(group: names.Group) -> int:
    """How many tasks of a group were given up and still lie there."""
    return int(await link.say(redis.client(), "XLEN", names.dead(group)))


async def _depth(group: names.Group, priority: names.Priority) -> Depth:
    stream = names.stream(group, priority)
    held = await _held(stream, group)  # before the length, so that what ends in between is in neither
    whole = int(await link.say(redis.client(), "XLEN", stream))
    return Depth(priority, waiting=max(whole - held, 0), running=held)


async def _held(stream: str, group: str) -> int:
    try:
        summary = cast(dict[str, int], await link.say(redis.client(), "XPENDING", stream, group))
    except ResponseError as error:
        if "NOGROUP" in str(error):  # nobody has asked of it, or worked for it, since Redis began
            return 0
        raise
    return summary["pending"]
