"""What leaves for Redis after a commit: live events, wake-ups, hints. Losing any of it costs time, never data."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core import db, log, redis
from backend.core.db import Session
from backend.runs.schemas import ENDS, Event

CONTROL = "q:runs.control"
ENDED = "q:runs.ended"
FEW = 3
"""For so few runs it is not worth asking who watches them."""

Hint = Literal["cancel", "pause", "deliver", "breaks"]
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
    """The same for events in their wire form, each with its run."""
    lines: defaultdict[str, list[bytes]] = defaultdict(list)
    for run_id, text in events:
        lines[run_id].append(text)
    await _publish_lines({run_id: partial(b"\n".join, texts) for run_id, texts in lines.items()}, ended)


async def publish_plain(events: Sequence[tuple[str, Mapping[str, Any]]], ended: Collection[str] = ()) -> None:
    """The same for events as plain data; of most runs nobody watches them, and then their text is never made."""
    lines: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for run_id, event in events:
        lines[run_id].append(event)
    await _publish_lines({run_id: partial(_text, found) for run_id, found in lines.items()}, ended)


async def _publish_lines(lines: Mapping[str, Callable[[], bytes]], ended: Collection[str]) -> None:
    """One message a run that is watched, an event a line.

    The runs that ended are told once more, all in one message, to those who wait for nothing else. Who begins to watch
    after we asked who does finds the rows: they are durable, and read after subscribing.
    """

    async def send() -> None:
        client = redis.client()
        watched = lines.keys() if len(lines) <= FEW else await _watched(client)
        async with client.pipeline(transaction=False) as pipe:
            for run_id in lines.keys() & watched:
                _publish(pipe, channel(run_id), lines[run_id]())
            if ended:
                _publish(pipe, ENDED, "\n".join(ended))
            await pipe.execute()

    await without_redis_it_waits(send, "events")


async def _watched(client: Redis) -> set[str]:
    channels: Sequence[bytes] = await client.pubsub_channels(channel("*"))  # pyright: ignore[reportUnknownMemberType]
    return {name.decode().removeprefix(channel("")) for name in channels}


def _text(events: Sequence[Mapping[str, Any]]) -> bytes:
    return b"\n".join(map(orjson.dumps, events))


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
