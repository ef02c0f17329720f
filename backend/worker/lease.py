"""This worker's claim to be alive: a row with a lease, prolonged by the database's clock, and a lock for its neighbours."""

import asyncio
import socket
import time
from collections.abc import Callable
from os import getpid
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backend.core import clock, db, failpoints, ids, log
from backend.core.settings import settings
from backend.outgoing import news, topics
from backend.runs.models import Worker
from backend.worker import orphans, presence, repository

LOOK_AT_LOCKS_SECONDS = 0.1
_log = log.get(__name__)


class LeaseLost(Exception):
    """Others believe this worker dead, so it must not go on; a new process takes its place."""


class Lease:
    """Who this worker is, and its watch over the others."""

    def __init__(self) -> None:
        self.worker_id = ids.new("wkr")
        self.seconds = settings().lease_seconds
        self.folder: Path = settings().data_dir / "workers"
        self.live_runs: Callable[[], int] = lambda: 0
        self.lost: Callable[[], None] = lambda: None

    async def register(self) -> None:
        """Add the row."""
        moment = clock.now()
        row = Worker(
            id=self.worker_id,
            host=socket.gethostname(),
            pid=getpid(),
            started_at=moment,
            lease_until=moment,
        )
        async with db.database().transaction() as session:
            await repository.register(session, row, self.seconds)
        failpoints.passed("lease.registered")

    async def leave(self) -> None:
        """Remove the row; what this worker still held is free for the others."""
        async with db.database().transaction() as session:
            await repository.remove(session, [self.worker_id])
        await orphans.requeue_all()

    async def keep(self) -> None:
        """Prolong until cancelled; raises LeaseLost when the others have given this worker up."""
        proven = time.monotonic()
        while True:
            await asyncio.sleep(self.seconds / 3)
            try:
                async with db.database().transaction() as session:
                    alive = await repository.beat(session, self.worker_id, self.live_runs(), self.seconds)
                failpoints.passed("lease.beat")
                proven = time.monotonic() if alive else 0.0
            except (SQLAlchemyError, OSError) as error:
                _log.warning("the lease could not be prolonged", error=str(error))
            if time.monotonic() - proven > self.seconds:
                self.lost()
                raise LeaseLost(self.worker_id)

    async def watch_neighbours(self) -> None:
        """See within a moment when a worker of this machine dies."""
        while True:
            await asyncio.sleep(LOOK_AT_LOCKS_SECONDS)
            for dead in list(presence.dead(self.folder)):
                try:
                    await _bury(dead)
                except (SQLAlchemyError, OSError) as error:
                    _log.warning("a dead worker's runs could not be freed yet", error=str(error))
                else:
                    presence.forget(self.folder, dead)

    async def watch_leases(self) -> None:
        """See when a worker of any machine falls silent, and runs that nobody holds."""
        while True:
            await asyncio.sleep(min(1.0, self.seconds / 3))
            try:
                await self._bury_the_silent()
                await orphans.requeue_all()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("leases could not be looked at", error=str(error))

    async def _bury_the_silent(self) -> None:
        """Not itself: who comes back from a sleep and finds its row still there goes on."""
        async with db.database().reading() as session:
            if not await repository.anybody_silent(session):
                return
        async with db.database().transaction() as session:
            silent = await repository.remove_silent(session, but=self.worker_id)
            if silent:
                await news.tell(session, None, topics.SYSTEM, "worker.silent", "", {"workers": silent})
        if silent:
            _log.warning("workers fell silent", count=silent)


async def _bury(worker_id: str) -> None:
    async with db.database().transaction() as session:
        await repository.remove(session, [worker_id])
        await news.tell(session, None, topics.SYSTEM, "worker.died", worker_id, {"worker": worker_id})
    freed = await orphans.requeue_all()
    _log.warning("a worker of this machine died", worker=worker_id, freed=freed)
