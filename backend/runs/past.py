"""A run as it was after one of its events."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, JsonValue

from backend.core.db import Session
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.runs import service
from backend.runs.schemas import StepPublic
from backend.runs.state_at import RunState, StepState, fold

_PAGE = 1000


class StepThen(BaseModel):
    """A visit of a node as it stood then; values only once it had ended."""

    node_id: str
    path: str
    visit: int
    status: str
    attempt: int
    port: str | None
    error: dict[str, Any] | None
    since: datetime | None
    waits_for: str | None
    until: str | None
    input: JsonValue = None
    output: JsonValue = None


class StatePublic(BaseModel):
    """The run after the event `seq`."""

    run_id: str
    seq: int
    status: str
    error: dict[str, Any] | None
    steps: list[StepThen]


async def state(session: Session, by: Principal, run_id: str, at: int | None) -> StatePublic:
    """The fold of the history up to that number, as far as the caller may see it, with the values of ended steps."""
    found = await _folded(session, by, run_id, at)
    given = {StepId(s.node_id, s.path, s.visit): s for s in await service.steps(session, by, run_id)}
    steps = [_shown(step, then, given.get(step)) for step, then in found.steps.items()]
    return StatePublic(run_id=run_id, seq=found.seq, status=found.status, error=found.error, steps=steps)


async def _folded(session: Session, by: Principal, run_id: str, at: int | None) -> RunState:
    found, more = RunState(), True
    while more:
        wanted = _PAGE if at is None else min(_PAGE, at - found.seq)
        if wanted <= 0:
            break
        page = await service.events_after(session, by, run_id, found.seq, wanted)
        found, more = fold(page.items, found), page.more
    return found


def _shown(step: StepId, then: StepState, row: StepPublic | None) -> StepThen:
    shown = StepThen(node_id=step.node_id, path=step.path, visit=step.visit, **vars(then))
    if row is not None and then.status in ("succeeded", "failed"):
        shown.input, shown.output = row.input, row.output
    return shown
