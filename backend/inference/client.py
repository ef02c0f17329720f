"""Asking the inference workers; what every other process uses, since it never loads a model itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from backend.core import queue
from backend.core.errors import Outage, QuadrilleError, TooLarge, TooMany
from backend.core.queue import Priority, link
from backend.inference import workers

DIMENSIONS = 384
MODEL = "all-MiniLM-L6-v2"
MAX_TEXTS = 10_000
TEXTS_A_TASK = 16
MAX_DEPTH = 5_000
TIMEOUT_SECONDS = 60.0
PATIENCE_SECONDS = 20.0  # how long a start of the product may take before we say that no worker is there

Vector = np.ndarray[Any, np.dtype[np.float32]]


async def embed(texts: Sequence[str], *, priority: Priority = "normal") -> list[list[float]]:
    """A unit-length embedding for each text; Outage, with what to do, where no inference worker answers."""
    return [row.tolist() for row in await embed_array(texts, priority=priority)]


async def embed_array(texts: Sequence[str], *, priority: Priority = "normal") -> Vector:
    """As `embed`, as one array of float32."""
    if len(texts) > MAX_TEXTS:
        raise TooLarge(
            f"{len(texts)} texts are too many at once; {MAX_TEXTS} are allowed.", fix="Ask in parts."
        )
    if not texts:
        return np.empty((0, DIMENSIONS), np.float32)
    rows = await asyncio.gather(*_coalescer().add(texts, priority))
    return np.frombuffer(b"".join(rows), np.float32).reshape(len(texts), DIMENSIONS)


@dataclass
class _Coalescer:
    """Texts asked for at the same moment travel in the same tasks; the worker merges tasks further."""

    pending: dict[Priority, list[tuple[str, asyncio.Future[bytes]]]] = field(default_factory=dict[Any, Any])
    flights: set[asyncio.Task[None]] = field(default_factory=set[Any])

    def add(self, texts: Sequence[str], priority: Priority) -> list[asyncio.Future[bytes]]:
        """Futures of the rows; everything added before the loop's next turn leaves together."""
        loop = asyncio.get_running_loop()
        waiting = self.pending.setdefault(priority, [])
        if not waiting:
            loop.call_soon(self._leave, priority)
        added = [(text, loop.create_future()) for text in texts]
        waiting.extend(added)
        return [future for _, future in added]

    def _leave(self, priority: Priority) -> None:
        waiting = [one for one in self.pending.pop(priority, []) if not one[1].done()]
        waiting.sort(key=lambda one: len(one[0]))  # alike lengths make full batches
        for start in range(0, len(waiting), TEXTS_A_TASK):
            flight = asyncio.ensure_future(_fly(waiting[start : start + TEXTS_A_TASK], priority))
            self.flights.add(flight)
            flight.add_done_callback(self.flights.discard)


async def _fly(group: list[tuple[str, asyncio.Future[bytes]]], priority: Priority) -> None:
    """One task for up to sixteen texts; every asker gets its row or the error."""
    try:
        rows = await _ask([text for text, _ in group], priority)
    except QuadrilleError as error:
        for _, future in group:
            if not future.done():
                future.set_exception(error)
        return
    size = DIMENSIONS * 4
    for number, (_, future) in enumerate(group):
        if not future.done():
            future.set_result(rows[number * size : (number + 1) * size])


async def _ask(texts: list[str], priority: Priority) -> bytes:
    asked = asyncio.ensure_future(
        queue.call(
            queue.broker("inference"),
            "inference.embed",
            priority=priority,
            timeout=TIMEOUT_SECONDS,
            texts=texts,
        )
    )
    try:
        done, _ = await asyncio.wait({asked}, timeout=PATIENCE_SECONDS)
        if not done:
            await require_a_worker()
        return await asked
    finally:
        asked.cancel()


async def require_a_worker() -> None:
    """Raise Outage where no inference worker lives, TooMany where all have more to do than they can."""
    try:
        living = await workers.living()
    except link.LOST as error:
        raise Outage(
            f"Redis does not answer, so no inference worker can be asked: {error}",
            fix="Look at `quadrille doctor`.",
        ) from error
    if not living:
        raise Outage(
            "No inference worker is running, so texts cannot be embedded, classified, searched or answered.",
            fix="Start one with `quadrille worker --inference`; `make run` starts one by itself.",
        )
    if sum(worker.waiting for worker in living) > MAX_DEPTH:
        raise TooMany("The inference workers have more to do than they can.", retry_after=10)


_coalescers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Coalescer] = WeakKeyDictionary()


def _coalescer() -> _Coalescer:
    return _coalescers.setdefault(asyncio.get_running_loop(), _Coalescer())
