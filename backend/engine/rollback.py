"""Undoes what sagas have done, the last first: when one fails, the scope around it, or the whole run.

What is to be undone, and in which order, is read from the rows of the finished steps, so a process that takes over
knows it as well as the one that died. That undoing has begun, and why, is an event written before its first step.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from backend.engine import saga_plan
from backend.engine.journal import Finished
from backend.engine.live import LiveRun, inside
from backend.engine.ports import NewEvent, StepId
from backend.engine.saga_plan import Entry
from backend.engine.scope import Play, PlayStep
from backend.engine.undo import SKIPPED, Undo
from backend.engine.visit import Visit

COMPENSATED = "compensated"
_CANCELLED: dict[str, Any] = {"code": "cancelled", "message": "The run was cancelled."}
_LEFT: dict[str, Any] = {"code": "scope_failed", "message": "A step beside it failed, so it could not go on."}


async def played(body: Play) -> None:
    """Play the body of another container; the sagas that its failure leaves open are undone before it has failed."""
    await body.play()
    path = body.place.path
    if body.failure is not None and not await _settle(body.live, lambda at: inside(at, path), body.play_step):
        body.failure, body.halted = None, True


async def left_in(visit: Visit) -> bool:
    """Undo the sagas that are open in a container whose time is over; False when that can go on only later."""
    start = saga_plan.body(visit.step, "")
    return await _settle(visit.play.live, lambda at: at.startswith(start), visit.play.play_step)


async def settled(live: LiveRun, play_step: PlayStep) -> bool:
    """The run is about to end: undo every saga that is still open. False when that can go on only later."""
    live.relent()
    while not await _settle(live, lambda _: True, play_step):
        if live.halt != "cancel":
            return False
        live.relent()
    return True


def told(live: LiveRun) -> dict[str, Any] | None:
    """What a run that ends says of the sagas that were undone while it ended; None where there were none."""
    rolled = [
        data for step, data in live.journal.rolled.items() if data and step not in live.journal.finished
    ]
    if not rolled:
        return None
    undone = [node for data in rolled for node in data["undone"]]
    failed = [node for data in rolled for node in data["failed"]]
    code = "compensation_failed" if failed else COMPENSATED
    message = f"Undone: {_names(live, undone) or 'nothing, for nothing was done'}."
    if failed:
        message += f" Not undone: {_names(live, failed)}."
    return {"code": code, "message": message, "undone": undone, "failed": failed}


def _names(live: LiveRun, node_ids: list[str]) -> str:
    """What people call these nodes."""
    parts = live.program.parts
    return ", ".join((node_id in parts and parts[node_id].node.name) or node_id for node_id in node_ids)


async def _settle(live: LiveRun, is_inside: Callable[[str], bool], play_step: PlayStep) -> bool:
    found = _open(live, is_inside)
    if not found:
        return True
    live.busy(+1)
    try:
        async with asyncio.TaskGroup() as group:
            why = live.run.given_up or (_CANCELLED if live.cancelled else _LEFT)
            tasks = [group.create_task(roll_back(live, step, why, play_step)) for step in found]
    finally:
        live.busy(-1)
    return all(task.result() is not None for task in tasks)


def _open(live: LiveRun, is_inside: Callable[[str], bool]) -> list[StepId]:
    """The sagas inside that were begun and have no end, without those that lie in another of them."""
    if not live.program.sagas:
        return []
    known = live.journal
    sagas = [step for step in (*known.begun, *known.finished) if step.node_id in live.program.sagas]
    ended = {step for step in sagas if step in known.finished or step in known.rolled}
    left = [step for step in sagas if step not in ended and is_inside(step.path)]
    return [s for s in left if not any(inside(s.path, saga_plan.body(o)) for o in (*ended, *left))]


async def roll_back(
    live: LiveRun, step: StepId, cause: Mapping[str, Any], play_step: PlayStep
) -> dict[str, Any] | None:
    """Undo what was done, one after the other; None when this process stops before the end."""
    if known := live.journal.rolled.get(step):
        return known
    await live.settled()  # the plan is read from rows
    begun = live.journal.begin(step)
    plan = await saga_plan.made(live, step)
    if begun.rolling is None:
        if live.halt is not None:
            return None
        begun.rolling = dict(cause)
        data = {"error": begun.rolling, "nodes": [entry.step.node_id for entry in plan]}
        await live.note(NewEvent("saga.compensating", step, data=data))
    rolled: dict[str, Any] = {"undone": [], "skipped": [], "failed": []}
    for number, entry in enumerate(plan):
        ended = None if live.halt is not None else await _undo(entry, step, play_step)
        if ended is None:
            return None
        if ended == "failed":
            rolled["failed"] = [left.step.node_id for left in plan[number:]]
            break
        rolled[ended].append(entry.step.node_id)
    await live.note(NewEvent("saga.failed" if rolled["failed"] else "saga.compensated", step, data=rolled))
    live.journal.rolled[step] = rolled
    return rolled


async def _undo(entry: Entry, saga: StepId, play_step: PlayStep) -> str | None:
    """Undo one step, or find that this was done before; how it ended."""
    live = entry.live
    why = live.journal.begin(saga).rolling or {}
    scope = Undo(
        entry,
        await entry.given(),
        await entry.place(why, play_step),
        live.program.parts[saga.node_id],
        play_step,
    )
    given = await play_step(scope, entry.undo)
    if given is None:
        return None
    ended = (
        "failed" if given.port is None else "succeeded"
    )  # known from here on, also where a cancel takes over
    live.journal.finished[entry.undo_step] = Finished(ended, 1, given.port, orjson.loads(given.stored), None)
    return {None: "failed", SKIPPED: "skipped"}.get(given.port, "undone")
