"""Claims runs that are due: when the queue says so, when a timer is up, and by a scan, so that Redis may be lost."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from backend.core import clock, db, failpoints, log
from backend.engine.acting import Acting
from backend.engine.ports import Called, RunToPlay, StopReason
from backend.runs import payloads
from backend.runs.wake import AT_ONCE
from backend.worker import repository, unreadable
from backend.worker.player import Player
from backend.workflows import trial
from backend.workflows.diagram import Diagram

SCAN_SECONDS = 0.5
PACE_SECONDS, LATE_SECONDS = 0.01, 0.02
"""Starting many runs at once would block the loop: at most `AT_ONCE` begin every `PACE_SECONDS`, and none while it is late."""

KEPT_DIAGRAMS = 200
_log = log.get(__name__)


@dataclass(frozen=True)
class Pinned:
    """A version's drawing; pinned outputs count only in runs of a draft."""

    drawn: Diagram
    is_draft: bool
    workflow_id: str


class Claimer:
    """Keeps the player busy."""

    def __init__(self, player: Player, worker_id: str) -> None:
        self._player = player
        self._worker_id = worker_id
        self._poked = asyncio.Event()
        self._limited = False
        self._diagrams: OrderedDict[str, Pinned] = OrderedDict()

    def poke(self) -> None:
        """Something may be due."""
        self._poked.set()

    def freed(self) -> None:
        """A run has ended or was parked: where runs are limited, another one may have been waiting for its place."""
        if self._limited:
            self._poked.set()

    async def run(self, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        """Claim until `stop` is set. Who is poked claims at once; a scan looks first, and for the next timer too."""
        poked, scan_at = False, 0.0
        while not stop.is_set():
            self._poked.clear()
            try:
                if poked or await self._anything_due():
                    await self._claim_all(tasks, stop)
                if not poked:
                    scan_at = asyncio.get_running_loop().time() + await self._until_next()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("runs could not be claimed", error=str(error))
                scan_at = asyncio.get_running_loop().time() + SCAN_SECONDS
            try:
                async with asyncio.timeout_at(scan_at):
                    poked = await self._poked.wait()
            except TimeoutError:
                poked = False

    async def _claim_all(self, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        while await self._room(stop):
            limit = min(AT_ONCE, self._player.room())
            claimed = await self._claim(limit)
            for run in claimed:
                self._player.start(tasks, run)
            if len(claimed) < limit:
                return
            await self._breathe()

    async def _room(self, stop: asyncio.Event) -> bool:
        """Wait until another run may be claimed; False when this worker is to stop instead."""
        while self._player.room() <= 0 and not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(SCAN_SECONDS):
                    await self._player.until_room()
        return not stop.is_set()

    async def _breathe(self) -> None:
        """Let in no more while the loop is late with what was let in before."""
        loop, late = asyncio.get_running_loop(), LATE_SECONDS
        while late >= LATE_SECONDS:
            due = loop.time() + PACE_SECONDS
            await asyncio.sleep(PACE_SECONDS)
            late = loop.time() - due

    async def _claim(self, limit: int) -> list[RunToPlay]:
        failpoints.passed("claim.before")
        async with db.database().transaction() as session:
            rows, self._limited = await repository.claim_within_limits(session, self._worker_id, limit)
            found = [run for row in rows if (run := await self._readable(session, row)) is not None]
            if found:
                failpoints.passed("claim.written")
        if found:
            failpoints.passed("claim.committed")
        return [await self._whole(run) for run in found]

    async def _whole(self, run: RunToPlay) -> RunToPlay:
        """With its input, which was left where it is while the claim held the database's lock."""
        if not payloads.is_reference(run.input):
            return run
        async with db.database().reading() as session:
            return replace(run, input=await payloads.whole(session, run.team_id, run.input))

    async def _anything_due(self) -> bool:
        """Asked first where nothing is known, because a look costs less than a write."""
        async with db.database().reading() as session:
            return await repository.anything_due(session)

    async def _readable(self, session: db.Session, row: Row[Any]) -> RunToPlay | None:
        """What cannot be read ends with a letter: it must not end the worker, and the others wait for it."""
        try:
            return await self._to_play(session, row)
        except ValueError as error:
            if run := await repository.held_row(session, row.id, self._worker_id):
                await unreadable.fail(session, run, error)
            return None

    async def _to_play(self, session: db.Session, row: Row[Any]) -> RunToPlay:
        diagram = await self._diagram(session, row.version_id)
        acting = Acting.model_validate(row.acting) if row.acting else None
        calls: dict[str, str] = row.calls or {}
        return RunToPlay(
            run_id=row.id,
            team_id=row.team_id,
            version_id=row.version_id,
            token=row.token,
            diagram=trial.played(diagram.drawn, acting and acting.cut) if diagram.is_draft else diagram.drawn,
            input=row.input,
            last_seq=row.last_seq,
            started_by=row.started_by,
            started_at=row.started_at,
            stop=_wish(row),
            use_pinned=diagram.is_draft,
            has_history=True if row.forked_from_run_id else None,
            acting=acting,
            calls={key: await self._called(session, version_id) for key, version_id in calls.items()},
            is_child=row.parent_key is not None,
            diverged=row.diverged is not None,
            given_up=row.error,
            breaks=row.breakpoints,
            workflow_id=row.workflow_id,
        )

    async def _called(self, session: db.Session, version_id: str) -> Called:
        other = await self._diagram(session, version_id)
        return Called(other.workflow_id, version_id, other.drawn.name, other.drawn)

    async def _diagram(self, session: db.Session, version_id: str) -> Pinned:
        """Versions never change, so the last ones are kept."""
        if version_id not in self._diagrams:
            version = await repository.version(session, version_id)
            drawn = Diagram.model_validate(version.diagram)
            self._diagrams[version_id] = Pinned(drawn, version.number is None, version.workflow_id)
            while len(self._diagrams) > KEPT_DIAGRAMS:
                self._diagrams.popitem(last=False)
        self._diagrams.move_to_end(version_id)
        return self._diagrams[version_id]

    async def _until_next(self) -> float:
        """Sleep until the next timer, at most until the next scan."""
        async with db.database().reading() as session:
            wake_at = await repository.next_wake(session)
        if wake_at is None:
            return SCAN_SECONDS
        return min(SCAN_SECONDS, max(0.005, (wake_at - clock.now()).total_seconds()))


def _wish(row: Row[Any]) -> StopReason | None:
    if row.cancel_requested:
        return "cancel"
    return "pause" if row.pause_requested else None
