"""Processes that play one run and die at a named place: `python -m tests.chaos.steering` forks one for each line it reads.

A line is a list in JSON: the settings, and `PLACE, RUN`, or `PLACE, RUN, NODE` for one that is paused when the node is at work,
says so, and dies after that. It answers with the child's status, once that has ended.
"""

import asyncio
import json
import os
import sys
import traceback
from typing import Any

from sqlmodel import col, update

from backend.core import db, failpoints, queue, redis
from backend.identity.principal import Principal
from backend.runs.models import Run
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, staged


class Watching:
    """Hears when a node is at work."""

    def __init__(self, node_id: str) -> None:
        self.node_id, self.works = node_id, asyncio.Event()

    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None:
        if any(e["kind"] == "step.started" and e["node_id"] == self.node_id for e in events):
            self.works.set()

    def volatile(self, run_id: str, event: dict[str, Any]) -> None:
        """Not of interest."""


NOBODY = made.World(Principal("team", "acc", "run", ("operator",), "system", "run"), "", "")


async def play(place: Any, run_id: str, node_id: str = "") -> None:
    watching = Watching(node_id)
    async with staged(listener=watching, world=NOBODY) as stage, asyncio.TaskGroup() as tasks:
        if node_id:
            tasks.create_task(_pause(stage, watching, place, run_id))
        else:
            failpoints.arm(place)
        await stage.play(run_id)
    await queue.hang_up()
    await redis.client().aclose()
    await db.database().close()


async def pause(stage: Stage, run_id: str) -> None:
    """As a person does: the wish is a row, and the worker hears of it."""
    async with db.database().transaction() as session:
        await session.exec(update(Run).where(col(Run.id) == run_id).values(pause_requested=True))
    stage.engine.stop(run_id, "pause")


async def _pause(stage: Stage, watching: Watching, place: Any, run_id: str) -> None:
    await watching.works.wait()
    await pause(stage, run_id)
    print("paused", flush=True)  # first: the writer's thread may come by the place as soon as it is armed
    failpoints.arm(place)


def child(line: str) -> None:
    try:
        told, *words = json.loads(line)
        os.environ.update(told)
        asyncio.run(play(*words))
    except BaseException:  # noqa: BLE001 - nothing may return into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(line)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
