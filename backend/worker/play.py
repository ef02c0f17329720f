"""Puts the worker of runs together: engine, lease, claims, wishes, deadlines, live events; and takes it apart in order."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from backend.core import db, log, queue, redis, sandbox
from backend.core.settings import settings
from backend.engine.engine import Engine
from backend.engine.writer import open_writer
from backend.runs import wake
from backend.worker import agents, alarms, children, deadlines, evaluations, plans, post, pruning
from backend.worker.bus import Bus
from backend.worker.claimer import Claimer
from backend.worker.context import context
from backend.worker.control import Control
from backend.worker.lease import Lease, LeaseLost
from backend.worker.player import Player
from backend.worker.presence import Presence
from backend.worker.questions import Questions
from backend.worker.watchers import Watchers

__all__ = ["LeaseLost", "serve"]
DRAIN_SECONDS = 15.0
STOP_SECONDS = 19.0
"""A worker that is told to stop is gone by then; the supervisor kills after 20 s."""
LOST_SECONDS = 5.0
"""A worker that was declared dead is gone by then; it can do nothing any more but stand in the way."""
HINTS_AT_ONCE = 50
_log = log.get(__name__)


def _nothing() -> None:
    """What a loss does where nobody asked."""


async def serve(stop: asyncio.Event, lost: Callable[[], None] = _nothing) -> None:
    """Play runs until `stop` is set; `lost` is called at once when the others have declared this worker dead."""
    bus = Bus()
    watchers = Watchers(bus)
    writer = await open_writer(db.database())
    limits = settings().resolved_step_limits()
    engine = Engine(writer, context, watchers, Questions(), limits=limits, children=children.Children())
    lease = Lease()
    player = Player(engine, lease.worker_id, settings().worker_concurrency)
    lease.live_runs, lease.lost = player.live_runs, lost
    db.database().idle_at_most(lease.seconds)
    with Presence(lease.folder, lease.worker_id):
        await lease.register()
        _log.info("worker plays runs", worker=lease.worker_id)
        try:
            await _work(stop, lease, player, [watchers.run(), bus.run()])
        finally:
            await lease.leave()
            await writer.close()
            sandbox.close()
            await queue.hang_up()
            await db.database().close()
            await redis.client().aclose()
    _log.info("worker has left", worker=lease.worker_id)


async def _work(
    stop: asyncio.Event, lease: Lease, player: Player, more: Sequence[Coroutine[Any, Any, None]]
) -> None:
    claimer, control = Claimer(player, lease.worker_id), Control(player, lease.worker_id)
    player.freed = claimer.freed
    async with asyncio.TaskGroup() as beside:
        alive = [
            beside.create_task(part)
            for part in (
                lease.keep(),
                lease.watch_neighbours(),
                lease.watch_leases(),
                control.listen(),
                control.look(),
                deadlines.watch(),
                post.watch(),
                alarms.watch(),
                agents.watch(),
                children.watch(),
                pruning.watch(),
                evaluations.watch(),
                plans.watch(),
                _take_hints(claimer, player, stop),
                *more,
            )
        ]
        async with asyncio.TaskGroup() as plays:
            await claimer.run(plays, stop)
            await _drain(player)
            # What does not come to rest in time is dropped; others enter its step again under the same key.
            player.abandon()
        for task in alive:
            task.cancel()


async def _drain(player: Player) -> None:
    player.drain()
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await player.until_empty()
    except TimeoutError:
        _log.warning("runs are left in the middle of a step", count=player.live_runs())


async def _take_hints(claimer: Claimer, player: Player, stop: asyncio.Event) -> None:
    """Listen to the queue. A message is done when there was room to act on it, so a full worker leaves it to others."""
    broker = queue.broker("runs")

    @broker.task(wake.TASK)
    async def play(run_id: str) -> None:
        await player.until_room()
        claimer.poke()

    await queue.serve(broker, concurrency=HINTS_AT_ONCE, stop=stop)
