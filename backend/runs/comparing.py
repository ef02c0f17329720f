"""Two runs beside each other, step by step: which differ, in what, by how much, and which of them first."""

from typing import Literal

from pydantic import BaseModel

from backend.core.db import Session
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.runs import asked, nearby, service
from backend.runs.schemas import RunPublic, StepPublic

How = Literal["same", "changed", "only_here", "only_there"]
_PARTS = ("status", "port", "input", "output")


class StepPlace(BaseModel):
    """One visit of one node."""

    node_id: str
    path: str
    visit: int


class ComparedStep(StepPlace):
    """The same visit in both runs; a positive difference means more here."""

    how: How
    differs: list[str] = []
    here: StepPublic | None
    there: StepPublic | None
    ms_more: float | None
    tokens_more: int | None


class Comparison(BaseModel):
    """All steps in the order in which they began, those that are only in the other run last."""

    other: RunPublic
    steps: list[ComparedStep]
    differing: int
    first: StepPlace | None


async def compare(session: Session, by: Principal, run_id: str, other_id: str) -> Comparison:
    """By what the caller may read: without `run.payload` only states and ports are compared."""
    await service.get(session, by, run_id)
    other = await service.get(session, by, other_id)
    here, there = await _steps(session, by, run_id), await _steps(session, by, other_id)
    spent = await asked.tokens(session, run_id), await asked.tokens(session, other_id)
    steps: list[ComparedStep] = []
    for step in [*here, *(step for step in there if step not in here)]:
        steps.append(
            _compared(step, here.get(step), there.get(step), (spent[0].get(step), spent[1].get(step)))
        )
    first = next((step for step in steps if step.how != "same"), None)
    return Comparison(
        other=other.model_copy(update={"input": None, "output": None}),
        steps=steps,
        differing=sum(step.how != "same" for step in steps),
        first=StepPlace(node_id=first.node_id, path=first.path, visit=first.visit) if first else None,
    )


async def last_good(session: Session, by: Principal, run_id: str) -> RunPublic | None:
    """What a run that failed is best compared with."""
    run = await service.found(session, by, run_id)
    row = await nearby.last_good(session, run)
    return service.public(by, *row, with_values=False) if row else None


async def _steps(session: Session, by: Principal, run_id: str) -> dict[StepId, StepPublic]:
    return {StepId(s.node_id, s.path, s.visit): s for s in await service.steps(session, by, run_id)}


def _compared(
    step: StepId, here: StepPublic | None, there: StepPublic | None, tokens: tuple[int | None, int | None]
) -> ComparedStep:
    differs = (
        [part for part in _PARTS if getattr(here, part) != getattr(there, part)] if here and there else []
    )
    how: How = (
        "only_there" if here is None else "only_here" if there is None else "changed" if differs else "same"
    )
    took, then = _ms(here), _ms(there)
    return ComparedStep(
        node_id=step.node_id,
        path=step.path,
        visit=step.visit,
        how=how,
        differs=differs,
        here=here,
        there=there,
        ms_more=round(took - then, 1) if took is not None and then is not None else None,
        tokens_more=(tokens[0] or 0) - (tokens[1] or 0) if any(tokens) else None,
    )


def _ms(step: StepPublic | None) -> float | None:
    if step is None or step.finished_at is None:
        return None
    return (step.finished_at - step.started_at).total_seconds() * 1000
