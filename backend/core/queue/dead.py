"""Dead letters: tasks that were given up, to be looked at, sent again or dropped."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from backend.core import clock, redis
from backend.core.errors import NotFound
from backend.core.queue import link, names, scripts
from backend.core.queue.entry import Entry


@dataclass(frozen=True)
class DeadLetter:
    """A task that was given up, and why."""

    id: str
    task_id: str
    name: str
    priority: str
    reason: str
    deliveries: int
    at: datetime
    body: str


async def bury(client: Redis, group: str, entry: Entry, reason: str) -> None:
    """Move a task to the dead letters of its group."""
    about = {
        "id": entry.task_id,
        "name": entry.name,
        "body": entry.body,
        "priority": entry.stream.rpartition(":")[2],
        "reason": reason,
        "deliveries": entry.deliveries,
        "at": clock.now().timestamp(),
    }
    flat = [part for pair in about.items() for part in pair]
    await link.script(client, scripts.BURY, (entry.stream, names.dead(group)), group, entry.id, *flat)


async def dead_letters(group: str, limit: int = 100) -> list[DeadLetter]:
    """The newest dead letters of a group."""
    answer: list[Any] = await link.say(
        redis.client(), "XREVRANGE", names.dead(group), "+", "-", "COUNT", limit
    )
    return [_letter(entry_id, fields) for entry_id, fields in answer]


async def replay(group: str, letter_id: str) -> str:
    """Queue a dead letter again, as new; its task id."""
    letter = await _one(group, letter_id)
    fields = ("id", letter.task_id, "name", letter.name, "body", letter.body)
    await link.say(redis.client(), "XADD", names.stream(group, letter.priority), "*", *fields)
    await link.say(redis.client(), "XDEL", names.dead(group), letter_id)
    return letter.task_id


async def drop(group: str, letter_id: str) -> None:
    """Forget a dead letter."""
    letter = await _one(group, letter_id)
    await link.say(redis.client(), "XDEL", names.dead(group), letter.id)


async def _one(group: str, letter_id: str) -> DeadLetter:
    answer: list[Any] = await link.say(redis.client(), "XRANGE", names.dead(group), letter_id, letter_id)
    if not answer:
        raise NotFound(f"There is no dead letter {letter_id!r} in the queue {group!r}.")
    return _letter(*answer[0])


def _letter(entry_id: bytes, fields: dict[bytes, bytes]) -> DeadLetter:
    text = {key.decode(): value.decode(errors="replace") for key, value in fields.items()}
    return DeadLetter(
        id=entry_id.decode(),
        task_id=text["id"],
        name=text["name"],
        priority=text["priority"],
        reason=text["reason"],
        deliveries=int(text["deliveries"]),
        at=datetime.fromtimestamp(float(text["at"]), UTC),
        body=text["body"],
    )
