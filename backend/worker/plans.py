"""Compares runs with the plans that they came of while there is other work to do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from backend.core import db
from backend.planning.watching import following, performing, rows
from backend.planning.watching import looking as watching
from backend.planning.watching.performing import Wanted
from backend.worker import looking

LOOK_SECONDS = 5.0


async def watch() -> None:
    """Until cancelled. Every worker looks; each run is taken by one."""
    async with asyncio.TaskGroup() as tasks:
        await looking.every(LOOK_SECONDS, "plans", partial(look, _Apart(tasks)))


@dataclass
class _Apart:
    """The plans for which something is performed just now: a slow model holds up its own plan alone."""

    tasks: asyncio.TaskGroup
    busy: set[str] = field(default_factory=set[str])

    def begin(self, plan_id: str, wanted: Sequence[Wanted]) -> None:
        """While the look goes on."""
        self.busy.add(plan_id)
        self.tasks.create_task(self._performed(plan_id, wanted))

    async def _performed(self, plan_id: str, wanted: Sequence[Wanted]) -> None:
        try:
            await looking.once("a policy", partial(performing.perform, plan_id, wanted))
        finally:
            self.busy.discard(plan_id)


async def look(apart: _Apart | None = None) -> int:
    """Look at what is due, take runs along, and perform what needs no person; how many deviations were told."""
    async with db.database().reading() as session:
        due, follows = await rows.anything_due(session), await following.anything_due(session)
    told = 0
    if due:
        async with db.database().transaction() as session:
            told = await watching.look(session)
    if follows:
        async with db.database().transaction() as session:
            await following.settle(session)
    for plan_id, wanted in (await performing.wanted(apart.busy if apart else ())).items():
        if apart:
            apart.begin(plan_id, wanted)
        else:
            await performing.perform(plan_id, wanted)
    return told
