"""Takes in the file of a whole run, to look at it: it has ended, and nobody ever plays it but as a replay without effects."""

import asyncio
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

from backend.core import clock, ids
from backend.core.db import Session
from backend.engine import chunks, values
from backend.engine.acting import Acting
from backend.engine.records import BLOB_BYTES, EVENT_BYTES, STEP_BYTES
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs import import_file, payloads, service, starting
from backend.runs.import_file import Blobs, HistoryFile
from backend.runs.models import EffectRecord, InboxItem, Run, RunEvent, StepRecord
from backend.runs.schemas import RunPublic
from backend.workflows import service as workflows
from backend.workflows import versions

_AT_ONCE = 500


async def import_(session: Session, by: Principal, text: bytes) -> RunPublic:
    """A run of this team as the file tells it, under a new id; its workflow is the one of that name, or made anew."""
    by.require("workflow.edit")  # with its diagram comes in, what only editors may bring
    by.require("run.payload")
    file, blobs = await asyncio.to_thread(import_file.read, text)
    run = await _run(session, by, file)
    session.add(run)
    await session.flush()
    run.bytes = await _rows(session, run, file, blobs)
    session.add(run)
    await audit.record(session, by, "run.imported", run.id, {"from": file.run.id})
    await session.flush()
    return await service.get(session, by, run.id)


async def _run(session: Session, by: Principal, file: HistoryFile) -> Run:
    try:
        workflow = await workflows.get(session, by, file.workflow.slug)
    except workflows.NoSuchWorkflow:
        named = file.diagram.model_copy(update={"name": file.workflow.name or file.diagram.name})
        workflow = await workflows.create(session, by, named)
    version = await versions.keep(session, by, workflow, file.diagram)
    told = file.run
    return Run(
        id=ids.new("run"),
        team_id=by.team_id,
        workflow_id=workflow.id,
        version_id=version.id,
        status=told.status,
        trigger=starting.IMPORTED,
        started_by=by.account_id,
        input=told.input,
        output=told.output,
        error=told.error,
        acting=_acting(file).model_dump(mode="json"),
        last_seq=len(file.events),
        created_at=clock.now(),
        started_at=told.started_at,
        finished_at=told.finished_at or told.created_at,
    )


def _acting(file: HistoryFile) -> Acting:
    """How it was played there, and as what it knew itself: its replays are told the same."""
    told = file.run
    started = told.started_at.isoformat() if told.started_at else None
    names = {"id": told.id, "started_at": started, "started_by": told.started_by}
    before = told.acting or Acting(source="")
    kept = {"source": "", "keys_of": "", "sealed": True, "shown_as": before.shown_as or names}
    return before.model_copy(update=kept)


async def _rows(session: Session, run: Run, file: HistoryFile, blobs: Blobs) -> int:
    """Every row of the run, and about how many bytes they take."""
    own = {"run_id": run.id, "team_id": run.team_id}
    events = [{**event.model_dump(), **own} for event in file.events]
    steps = [{**step.model_dump(), **own} for step in file.steps]
    await _insert(session, RunEvent, events)
    await _insert(session, StepRecord, steps)
    effects = [{**effect.row(), **own} for effect in file.effects]
    await _insert(session, EffectRecord, effects)
    await _insert(session, InboxItem, [{**signal.model_dump(), **own} for signal in file.signals])
    packed = {digest: chunks.packed(piece) for digest, piece in sorted(blobs.items())}
    await payloads.store(session, run, packed)
    size = sum(len(values.dumps(event["data"])) + EVENT_BYTES for event in events)
    size += sum(len(values.dumps([step["input"], step["output"]])) + STEP_BYTES for step in steps)
    size += sum(len(values.dumps(effect["result"])) + STEP_BYTES for effect in effects)
    return size + sum(len(data) + BLOB_BYTES for data in packed.values())


async def _insert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    connection = await session.connection()
    for start in range(0, len(rows), _AT_ONCE):
        await connection.execute(insert(table), rows[start : start + _AT_ONCE])
