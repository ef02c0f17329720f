"""Being a worker of a queue: taskiq's receiver around our broker, with what must go on beside it."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from taskiq import TaskiqMessage, TaskiqResult
from taskiq.acks import AckController
from taskiq.receiver import Receiver

from backend.core.queue import link
from backend.core.queue.broker import DurableStreamBroker
from backend.core.queue.results import TaskCancelled


class CancellableReceiver(Receiver):
    """Runs every task as a job of its own, which a cancellation reaches, and nothing else around it."""

    async def run_task(
        self,
        target: Callable[..., Any],
        message: TaskiqMessage,
        ack_controller: AckController | None = None,
    ) -> TaskiqResult[Any]:
        """Part of taskiq's contract."""
        cancels = cast(DurableStreamBroker, self.broker).cancels
        if message.task_id in cancels.known:
            return _cancelled(message)
        job = asyncio.ensure_future(super().run_task(target, message, ack_controller))
        cancels.began(message.task_id, job)
        try:
            await asyncio.wait({job})
        finally:
            cancels.ended(message.task_id)
            job.cancel()  # only where we ourselves are cancelled is there anything left to cancel
        return _cancelled(message) if job.cancelled() else job.result()


async def serve(broker: DurableStreamBroker, *, concurrency: int, stop: asyncio.Event) -> None:
    """Work until `stop` is set, then let running tasks end; what was not started goes back to the queue.

    A stop counts also before Redis is found.
    """
    await broker.open(concurrency, stop)
    await broker.startup()
    broker.leases.start()
    receiver = CancellableReceiver(broker, max_async_tasks=concurrency, run_startup=False)
    try:
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(broker.cancels.watch()), group.create_task(broker.maintain())]
            await _first(broker.cancels.ready, stop)
            await receiver.listen(stop)
            await link.end(*beside)
    finally:
        broker.leases.stop()
        await broker.leave()
        await broker.shutdown()


async def _first(*events: asyncio.Event) -> None:
    """Return as soon as one of them is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _cancelled(message: TaskiqMessage) -> TaskiqResult[Any]:
    error = TaskCancelled("The task was cancelled.")
    return TaskiqResult(
        is_err=True, log=None, return_value=None, execution_time=0, error=error, labels=message.labels
    )
