"""Starts runs: pins the version, checks the input, stores the run and its first event, and wakes a worker."""

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import JsonValue

from backend.core import clock, ids, json, once
from backend.core.db import Session
from backend.core.errors import Conflict, TooLarge
from backend.core.queue import Priority
from backend.core.settings import settings
from backend.identity.principal import Principal
from backend.runs import entry_form, history, limits, payloads, repository, service, stand_ins, wake
from backend.runs.history import Entry
from backend.runs.models import Run, RunEvent, RunFields
from backend.runs.schemas import RunPublic
from backend.workflows import agents_named, versions
from backend.workflows import service as workflows
from backend.workflows.models import Version

IMPORTED = "imported"
"""The trigger of runs that came as a file, to be looked at; they are never played."""
EVALUATION = "evaluation"
"""The trigger of runs that play a case of an evaluation; figures and alarms leave them out."""


async def start(  # noqa: PLR0913 - a start has these parts, and callers name them
    session: Session,
    by: Principal,
    *,
    workflow_id: str,
    input: JsonValue,
    version: str | None = None,
    idempotency_key: str | None = None,
    trigger: str = "manual",
    priority: Priority | None = None,
) -> RunPublic:
    """Start a run; under a key that was used before, give the run that was started then."""
    by.require("run.start")
    require_small(input)
    if idempotency_key and (
        before := await _started_before(session, by, idempotency_key, workflow_id, input)
    ):
        return before
    pinned = await versions.pin(session, by, workflow_id, version)
    run = row(by, pinned, entry_form.checked(pinned, input), trigger)
    run.calls = await agents_named.pinned(session, pinned)
    run.acting = await stand_ins.acting_of(session, by, run, pinned)
    limits.rank(run, priority or await limits.priority(session, by.team_id, run.workflow_id))
    run.idempotency_key = idempotency_key
    if not await store(session, run):
        return await start(
            session,
            by,
            workflow_id=workflow_id,
            input=input,
            version=version,
            idempotency_key=idempotency_key,
            trigger=trigger,
            priority=priority,
        )
    return await service.get(session, by, run.id)


def require_small(input_: JsonValue) -> None:
    """Raise TooLarge for an input beyond the limit."""
    limit = settings().max_input_bytes
    try:
        size = len(orjson.dumps(input_))
    except orjson.JSONEncodeError:
        json.require(input_, "input")  # says what it is, and where
        raise
    if size > limit:
        raise TooLarge(f"The input has {size:,} bytes; the limit is {limit:,}.", limit=limit)


async def _started_before(
    session: Session, by: Principal, key: str, workflow_id: str, input_: JsonValue
) -> RunPublic | None:
    run = await repository.by_key(session, by.team_id, key)
    if run is None:
        return None
    workflow = await workflows.get(session, by, workflow_id)
    version = await repository.version(session, by.team_id, run.version_id)
    given = await payloads.whole(session, by.team_id, run.input)
    same = version is not None and entry_form.checked(version, input_) == given
    if workflow.id != run.workflow_id or not same:
        raise Conflict(
            "This idempotency key was used for another start.",
            fix="Use a new key for each start you mean; repeat a key only to repeat the same start.",
            run_id=run.id,
        )
    return await service.get(session, by, run.id)


def row(by: Principal, version: Version, input_: JsonValue, trigger: str) -> Run:
    """A run to be of this version."""
    return Run(**fields(by, version, input_, trigger))


def fields(by: Principal, version: Version, input_: JsonValue, trigger: str) -> dict[str, Any]:
    """What makes such a run; everything else is as it is for all that begin."""
    return {
        "id": ids.new("run"),
        "team_id": by.team_id,
        "workflow_id": version.workflow_id,
        "version_id": version.id,
        "trigger": trigger,
        "started_by": by.account_id,
        "input": input_,
        "created_at": clock.now(),
    }


async def store(session: Session, run: Run, entry: Entry | None = None) -> bool:
    """Store the run with its first event; False when a rival has stored one under the same idempotency key meanwhile."""
    pieces = payloads.refer(run)
    if not await once.insert(session, run, unique=("team_id", "idempotency_key")):
        return False
    await payloads.store(session, run, pieces)
    entry = entry or Entry("run.queued", {"trigger": run.trigger, "by": run.started_by})
    await history.append(session, run.id, run.team_id, entry)
    wake.offer_after_commit(session, run.id)
    return True


async def store_new(session: Session, runs: Sequence[RunFields]) -> None:
    """Store new runs without idempotency keys, each with its first event; nobody can be watching them yet."""
    pieces = [payloads.refer(run) for run in runs]
    events = [
        history.first(run, Entry("run.queued", {"trigger": run.trigger, "by": run.started_by}))
        for run in runs
    ]
    await once.insert_new(session, Run, [vars(run) for run in runs])
    await once.insert_new(session, RunEvent, events)
    for run, found in zip(runs, pieces, strict=True):
        await payloads.store(session, run, found)
