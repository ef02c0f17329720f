"""What leaves for Redis after a commit: live events, wake-ups, hints. Losing any of it costs time, never data."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Literal

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core import db, log, redis
from backend.core.db import Session
from backend.runs.schemas import ENDS, Event

CONTROL = "q:runs.control"
ENDED = "q:runs.ended"
Hint = Literal["cancel", "pause", "deliver"]
_log = log.get(__name__)


def channel(run_id: str) -> str:
    """Where the events of one run are published."""
    return f"q:run:{run_id}"


def _publish(client: Redis, to: str, message: str | bytes) -> Awaitable[int]:
    return client.publish(to, message)  # pyright: ignore[reportUnknownMemberType]


async def publish(events: Sequence[Event]) -> None:
    """Tell the watchers; those who miss it find the rows."""
    texts = [(event.run_id, event.model_dump_json().encode()) for event in events]
    await publish_texts(texts, [event.run_id for event in events if event.kind in ENDS])


async def publish_texts(events: Sequence[tuple[str, bytes]], ended: Collection[str] = ()) -> None:
    """The same for events in their wire form, each with its run: one message a run, an event a line.

    The runs that ended by them are told once more, all in one message, to those who wait for nothing else.
    """
    lines: defaultdict[str, list[bytes]] = defaultdict(list)
    for run_id, text in events:
        lines[run_id].append(text)

    async def send() -> None:
        async with redis.client().pipeline(transaction=False) as pipe:
            for run_id, texts in lines.items():
                _publish(pipe, channel(run_id), b"\n".join(texts))
            if ended:
                _publish(pipe, ENDED, "\n".join(ended))
            await pipe.execute()

    await without_redis_it_waits(send, "events")


async def hint(run_id: str, what: Hint) -> None:
    """Tell the worker that holds the run to look at its row now rather than within a second."""
    await tell(CONTROL, orjson.dumps({"run_id": run_id, "what": what}))


async def tell(to: str, message: bytes) -> None:
    """Publish a message on any channel."""

    async def send() -> None:
        await _publish(redis.client(), to, message)

    await without_redis_it_waits(send, to)


async def without_redis_it_waits(send: Callable[[], Awaitable[None]], what: str) -> None:
    """Do it, or log that it will be found by a scan of the database instead."""
    try:
        await send()
    except (RedisError, OSError) as error:
        _log.warning("redis is away; a scan will find it", what=what, error=str(error))


def hint_after_commit(session: Session, run_id: str, what: Hint) -> None:
    """Give the hint once the transaction stands."""

    async def leave() -> None:
        await hint(run_id, what)

    db.after_commit(session, leave)
