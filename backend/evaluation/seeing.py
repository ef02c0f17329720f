"""What checks may look at: the run of a case with its steps, as plain values."""

from collections import Counter
from typing import Any

from pydantic import JsonValue

from backend.core.db import Session
from backend.evaluation import repository
from backend.evaluation.schemas import CaseWish, Ended
from backend.identity.principal import Principal
from backend.runs import asked, service
from backend.runs.schemas import RunPublic, StepPublic

Scope = dict[str, JsonValue]


async def scope(session: Session, by: Principal, wish: CaseWish, run_id: str | None, ended: Ended) -> Scope:
    """The names that expressions see; without a run there is only what the case says."""
    known: Scope = {"input": wish.input, "expected": wish.expected, "output": None, "nodes": {}}
    if run_id is None:
        known["run"] = {"state": ended, "steps": [], "visits": {}, "asked": [], "emitted": []}
        return known
    run = await service.get(session, by, run_id)
    steps = await service.steps(session, by, run_id)
    told: dict[str, Any] = {
        **_course(steps),
        **await _spent(session, run_id),
        "state": ended,
        "seconds": seconds(run),
        "error": _error(run),
        "asked": [one.title for one in await repository.asked(session, [run_id])],
        "emitted": await repository.emitted(session, run_id),
    }
    known["output"], known["nodes"], known["run"] = run.output, _outputs(steps), told
    return known


def seconds(run: RunPublic) -> float | None:
    """How long it took, waits included; None while it goes on."""
    if run.finished_at is None:
        return None
    return round((run.finished_at - (run.started_at or run.created_at)).total_seconds(), 3)


async def _spent(session: Session, run_id: str) -> dict[str, JsonValue]:
    found = (await asked.spent(session, [run_id])).get(run_id) or asked.Spent()
    return {"tokens": found.tokens, "cost": None if found.unknown else found.cost}


def _course(steps: list[StepPublic]) -> dict[str, Any]:
    visited = [step.node_id for step in steps if step.status != "skipped"]
    return {"steps": list(dict.fromkeys(visited)), "visits": dict(Counter(visited))}


def _outputs(steps: list[StepPublic]) -> dict[str, JsonValue]:
    """What each node gave last; nodes of containers only where no other has their id."""
    inner = {step.node_id: step.output for step in steps if step.path and step.status != "skipped"}
    return inner | {s.node_id: s.output for s in steps if not s.path and s.status != "skipped"}


def _error(run: RunPublic) -> dict[str, JsonValue] | None:
    told = run.error
    return {name: told.get(name) for name in ("code", "message", "node_id")} if told else None
