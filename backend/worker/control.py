"""Wishes and signals for the runs held here: at once by a hint over Redis, within a second by looking at the rows."""

import asyncio
from typing import Any

import orjson
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from backend.core import db, log, redis
from backend.runs import live
from backend.worker import orphans, repository
from backend.worker.player import Player

LOOK_SECONDS = 0.8
_log = log.get(__name__)


class Control:
    """Stops and wakes what the player holds."""

    def __init__(self, player: Player, worker_id: str) -> None:
        self._player = player
        self._worker_id = worker_id
        self._suspects: set[str] = set()

    async def listen(self) -> None:
        """Take hints until cancelled; without Redis the looks remain."""
        pause = 0.05
        while True:
            try:
                channel: Any = redis.client().pubsub()  # pyright: ignore[reportUnknownMemberType]
                async with channel:
                    await channel.subscribe(live.CONTROL)
                    pause = 0.05
                    async for message in channel.listen():
                        if message["type"] == "message":
                            await self._take(orjson.loads(message["data"]))
            except (RedisError, OSError, SQLAlchemyError) as error:
                _log.warning("hints come late", error=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def look(self) -> None:
        """Look at the rows of this worker's runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look_once()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("wishes could not be looked at", error=str(error))

    async def _take(self, hint: dict[str, Any]) -> None:
        run_id: str = hint["run_id"]
        if not self._player.holds(run_id):
            return
        if hint["what"] == "deliver":
            await self._deliver(run_id)
        elif hint["what"] == "breaks":
            await self._look_once()
        else:
            self._player.stop(run_id, hint["what"])

    async def _look_once(self) -> None:
        async with db.database().reading() as session:
            rows = await repository.held(session, self._worker_id)
        for row in rows:
            if row.cancel_requested:
                self._player.stop(row.id, "cancel")
            elif row.pause_requested:
                self._player.stop(row.id, "pause")
            self._player.watch(row.id, row.breakpoints)
            if row.signalled and self._player.holds(row.id):
                await self._deliver(row.id)
        await self._free_the_forgotten({row.id for row in rows if not self._player.holds(row.id)})

    async def _deliver(self, run_id: str) -> None:
        """Clear the mark before reading: a signal that comes between the two sets it again."""
        async with db.database().transaction() as session:
            await repository.clear_mark(session, run_id, self._worker_id)
            items = {item.key: item.payload for item in await repository.inbox(session, run_id)}
        self._player.deliver(run_id, items)

    async def _free_the_forgotten(self, missing: set[str]) -> None:
        """Runs that are this worker's by their row but not in its hands, at two looks in a row, are given back."""
        certain, self._suspects = missing & self._suspects, missing
        for run_id in certain:
            async with db.database().transaction() as session:
                run = await repository.held_row(session, run_id, self._worker_id)
                if run and not self._player.holds(run_id):
                    await orphans.requeue(session, run, "Its worker could not play it.")
