"""Asking a worker and hearing its answer: one subscriber for all questions of a process."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis

from backend.core import log, redis
from backend.core.errors import Outage, QuadrilleError
from backend.core.queue import link, names
from backend.core.queue.broker import DurableStreamBroker
from backend.core.queue.names import Priority
from backend.core.queue.results import unpacked

LOOK_SECONDS = 2.0
MARK_SECONDS = 24 * 3600
_log = log.get(__name__)
Send = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class Question:
    """What was asked: how to ask it again, and where the answer goes."""

    send: Send
    answer: asyncio.Future[Any]


class Replies:
    """Open questions by task id, and the channel on which their answers come.

    After a lost connection the answers given meanwhile are read from their keys. A Redis that was emptied has forgotten
    the questions: they are asked again, under the same ids.
    """

    def __init__(self) -> None:
        self.channel = names.replies(secrets.token_hex(8))
        self._open: dict[str, Question] = {}
        self._marked = False
        self._subscribed = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    async def ask(self, send: Send, timeout: float) -> Any:  # noqa: ASYNC109 - the deadline covers several awaits
        """Send with `send(task_id, channel)` and wait for the answer; raises what the task raised."""
        task_id = secrets.token_hex(16)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await self._listening()
                self._open[task_id] = Question(send, answer)
                await send(task_id, self.channel)
                value = await self._heard(answer)
        finally:
            self._open.pop(task_id, None)
        if isinstance(value, QuadrilleError):
            raise value
        return value

    async def hang_up(self) -> None:
        """Stop listening; whoever still waits runs into its deadline."""
        if self._listener:
            await link.end(self._listener)

    async def _heard(self, answer: asyncio.Future[Any]) -> Any:
        while not answer.done():
            await asyncio.wait({answer}, timeout=LOOK_SECONDS)
            if not answer.done():
                try:
                    await self._ask_again_where_forgotten()
                except (*link.LOST, Outage) as error:
                    _log.warning("queue.replies_lost", error=str(error))
        return answer.result()

    async def _ask_again_where_forgotten(self) -> None:
        """Our mark is in Redis as long as our questions are; whoever misses it first asks them all again."""
        command = ("SET", names.mark(self.channel), "1", "EX", MARK_SECONDS, "GET")
        there = await link.say(redis.client(), *command) is not None
        before, self._marked = self._marked, True
        if before and not there:
            _log.warning("queue.asked_again", questions=len(self._open))
            for task_id, question in list(self._open.items()):
                await question.send(task_id, self.channel)

    async def _listening(self) -> None:
        if self._listener is None or self._listener.done():
            # One listener for the life of the process; it has no request to belong to.
            self._listener = asyncio.create_task(self._listen())  # noqa: TID251
        await self._subscribed.wait()

    async def _listen(self) -> None:
        backoff = link.Backoff()
        while True:
            try:
                async with link.connection() as client, client.pubsub() as channel:  # pyright: ignore[reportUnknownMemberType]
                    await channel.subscribe(self.channel)  # pyright: ignore[reportUnknownMemberType]
                    await self._catch_up(client)
                    self._subscribed.set()
                    backoff.reset()
                    async for message in link.messages(channel):
                        self._hear(message)
            except link.LOST as error:
                _log.warning("queue.replies_lost", error=str(error))
                await backoff.wait()

    async def _catch_up(self, client: Redis) -> None:
        for task_id in list(self._open):
            stored: bytes | None = await link.say(client, "GET", names.result(task_id))
            if stored:
                self._hear(stored)
        await self._ask_again_where_forgotten()

    def _hear(self, message: bytes) -> None:
        task_id, value = unpacked(message)
        question = self._open.get(task_id)
        if question and not question.answer.done():
            question.answer.set_result(value)


_replies: WeakKeyDictionary[asyncio.AbstractEventLoop, Replies] = WeakKeyDictionary()


async def call(
    broker: DurableStreamBroker,
    name: str,
    /,
    *,
    priority: Priority = "normal",
    timeout: float = 30.0,  # noqa: ASYNC109 - part of the question, also told to the worker by cancelling
    **arguments: Any,
) -> Any:
    """Have a worker do a task and give its answer; Outage when none answers in time."""
    replies = _replies.setdefault(asyncio.get_running_loop(), Replies())
    sent: list[str] = []

    async def send(task_id: str, channel: str) -> None:
        sent.append(task_id)
        await broker.send(name, priority=priority, task_id=task_id, reply_to=channel, **arguments)

    try:
        return await replies.ask(send, timeout)
    except asyncio.CancelledError:
        await _give_up(broker, sent)
        raise
    except TimeoutError as error:
        await _give_up(broker, sent)
        raise Outage(
            f"No worker answered within {timeout:.0f} s ({name}).",
            fix="Start a worker with `quadrille worker`, and look at `quadrille doctor`.",
        ) from error


async def hang_up() -> None:
    """At the end of a process: close the subscriber of this event loop."""
    replies = _replies.pop(asyncio.get_running_loop(), None)
    if replies:
        await replies.hang_up()


async def _give_up(broker: DurableStreamBroker, sent: list[str]) -> None:
    """Nobody waits any more: spare the workers the task."""
    try:
        for task_id in sent:
            await broker.cancel(task_id)
    except link.LOST as error:
        _log.info("queue.cancel_not_sent", error=str(error), redis=redis.address_file().exists())
