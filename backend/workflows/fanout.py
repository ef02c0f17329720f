"""Tells the rooms of every web process that a draft changed: those of this one directly, the others through Redis.

A notice is a hint. A room that missed one finds the change when it next looks into the log.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from redis.exceptions import RedisError

from backend.core import log, redis

Word = Literal["grew", "gone", "aware"]
Listener = Callable[[str, Word, bytes], Awaitable[None]]

PATTERN = "q:draft:*"
RETRY_SECONDS = 1.0
PUBLISH_SECONDS = 2.0
_ME = secrets.token_bytes(8)
_WORDS: dict[int, Word] = {0: "grew", 1: "gone", 2: "aware"}
_CODES = {word: bytes([code]) for code, word in _WORDS.items()}
_listeners: list[Listener] = []
_silent: dict[str, float] = {}
_log = log.get(__name__)


async def log_grew(workflow_id: str) -> None:
    """There are new rows in the log of this draft."""
    await _tell(workflow_id, "grew", b"")


async def gone(workflow_id: str) -> None:
    """The workflow was archived: nobody edits it any longer."""
    await _tell(workflow_id, "gone", b"")


async def aware(workflow_id: str, states: bytes) -> None:
    """Somebody's cursor or selection moved, as the protocol's own bytes; for the other processes only."""
    await _publish(workflow_id, "aware", states)


def listen(listener: Listener) -> None:
    """Call `listener(workflow_id, word, data)` for every notice from now on."""
    _listeners.append(listener)


async def hear() -> None:
    """Pass on what other processes tell, until cancelled; a lost Redis is waited for."""
    while True:
        try:
            await _subscribed()
        except (RedisError, OSError) as lost:
            _log.warning("drafts_fanout_lost", error=str(lost))
            await asyncio.sleep(RETRY_SECONDS)


async def _subscribed() -> None:
    client: Any = redis.client()
    async with client.pubsub() as channel:
        await channel.psubscribe(PATTERN)
        async for message in channel.listen():
            if message["type"] == "pmessage":
                await _received(message["channel"], message["data"])


async def _received(channel: bytes, data: bytes) -> None:
    sender, code, body = data[:8], data[8:9], data[9:]
    word = _WORDS.get(code[0]) if code else None
    if sender != _ME and word:
        await _pass_on(channel.decode().rpartition(":")[2], word, body)


async def _tell(workflow_id: str, word: Word, data: bytes) -> None:
    await _pass_on(workflow_id, word, data)
    await _publish(workflow_id, word, data)


async def _pass_on(workflow_id: str, word: Word, data: bytes) -> None:
    for listener in _listeners:
        await listener(workflow_id, word, data)


async def _publish(workflow_id: str, word: Word, data: bytes) -> None:
    if time.monotonic() < _silent.get("until", 0.0):
        return
    client: Any = redis.client()  # redis-py leaves these methods without types
    try:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await client.publish(f"q:draft:{workflow_id}", _ME + _CODES[word] + data)
    except (RedisError, OSError) as lost:
        _log.warning("draft_notice_lost", workflow=workflow_id, error=str(lost))
        _silent["until"] = time.monotonic() + RETRY_SECONDS  # a lost Redis must not slow every edit down
