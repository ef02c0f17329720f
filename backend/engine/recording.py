"""Writes down how a visit ended: its row, its events, what it tells the team, what it keeps and what it asked."""

from typing import Any

from backend.core import clock, ids
from backend.engine import cache, diverging, effects, values
from backend.engine.ports import NewEvent
from backend.engine.records import Beside, EventRow, StepRow
from backend.engine.scope import Given
from backend.engine.values import Kept
from backend.engine.visit import Tried, Visit


async def record(visit: Visit, tried: Tried, status: str) -> Given:
    """Store the step, its events and its blobs; the next node begins only after the COMMIT.

    What follows the success of a pure kind may begin before, where it is pure too: nobody has been shown anything yet, and
    played again it gives the same. Everything else waits for all that came before it (decision 0006).
    """
    step, now = visit.step, clock.now()
    error = tried.error
    data: dict[str, Any] = {"port": tried.port, "bytes": tried.output.size}
    data["ms"] = round((now - visit.started_at).total_seconds() * 1000, 1)
    if error is not None:
        data["error"] = error
    if tried.given:
        data["given"] = tried.given
    if step.undoes:
        data["compensates"] = step.undoes
    kind = "step.succeeded" if status == "succeeded" else "step.failed"
    if visit.is_recorded:
        tried.emitted = None  # what was told then must not be told again
    events = [NewEvent("event.emitted", step, visit.attempt, entry) for entry in tried.emitted or ()]
    events.append(NewEvent(kind, step, visit.attempt, data))
    row = StepRow(
        node_id=step.node_id,
        path=step.path,
        visit=step.visit,
        status=status,
        attempt=visit.attempt,
        port=tried.port,
        input=_input(visit),
        output=tried.output.stored,
        error=values.dumps(error) if error is not None else None,
        started_at=visit.started_at,
        finished_at=now,
    )
    stored = visit.play.live.record(row, *await _beside(visit, tried, row, events))
    if visit.part.kind.pure and status == "succeeded":
        await visit.play.live.run_ahead(stored)
    else:
        await stored
    named = {"node_id": step.node_id, "path": step.path, **error} if error is not None else None
    return Given(tried.port, tried.output.value, tried.output.stored, named)


async def _beside(
    visit: Visit, tried: Tried, row: StepRow, events: list[NewEvent]
) -> tuple[list[Kept], list[NewEvent], Beside]:
    """The big values, the events and all else that goes with the row."""
    diverged = await _diverged(visit, row, events)
    world = asked(visit, row.output)
    cached = cache.rows(visit, tried) if row.status == "succeeded" else []
    beside = Beside(_told(visit, tried), cached, world["effects"], diverged)
    return [tried.output, *world["kept"]], events, beside


def _told(visit: Visit, tried: Tried) -> list[EventRow]:
    """What the team is told: in the form in which whoever waits for it receives it."""
    at = clock.now().isoformat()
    found: list[EventRow] = []
    for entry in tried.emitted or ():
        event_id, name, key = ids.new("evt"), str(entry["topic"]), str(entry["key"])
        payload = {"id": event_id, "name": name, "key": key, "data": entry["data"], "at": at}
        payload["by"] = visit.play.live.run.run_id
        found.append(EventRow(event_id, name, key, values.dumps(payload)))
    return found


def asked(visit: Visit, output: str | None) -> dict[str, Any]:
    """What the try asked of the world, to be stored with it."""
    calls, visit.asked = visit.asked, None
    if not calls:
        return {"kept": (), "effects": ()}
    stored = effects.rows(calls, visit.step, visit.attempt, output)
    return {"kept": [kept for one in calls for kept in (one.kept, one.request)], "effects": stored}


async def _diverged(visit: Visit, row: StepRow, events: list[NewEvent]) -> str | None:
    """Where the run first differs from the one it takes its answers from; told once."""
    live = visit.play.live
    if live.run.acting is None or live.diverged:
        return None
    differs = visit.differs or (await diverging.found(live, visit.then, row) if visit.then else None)
    if differs is None or live.diverged:
        return None
    live.diverged = True
    live.turns.release()
    events.append(NewEvent("run.diverged", visit.step, visit.attempt, differs))
    return values.dumps(diverging.event(visit.step, visit.attempt, differs))


def _input(visit: Visit) -> str:
    """What came, in stored form: big values stay the references that the nodes before already made."""
    pairs = (f"{values.dumps(source)}:{given.stored}" for source, given in visit.inputs.items())
    return "{" + ",".join(pairs) + "}"
