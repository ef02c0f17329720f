"""Copies what a fork keeps: rows of steps and effects, the items of maps, waits that go on, and the events that tell of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, delete, exists, insert, literal, text, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import load_only
from sqlmodel import col, select

from backend.core import clock, once
from backend.core.db import Session
from backend.core.settings import settings
from backend.engine import chunks, sql, values
from backend.engine.ports import StepId
from backend.engine.records import EVENT_BYTES
from backend.runs.fork_schemas import Edit
from backend.runs.fork_split import Known, Split, part_at
from backend.runs.models import Blob, BlobUse, EffectRecord, InboxItem, Run, RunEvent, StepRecord

_UNDOING = ("saga.compensating", "saga.compensated", "saga.failed")
_TOLD = (
    "step.started",
    "step.waiting",
    "step.succeeded",
    "step.failed",
    "step.skipped",
    "state.transition",
    *_UNDOING,
)
_ENDS = ("step.succeeded", "step.failed")
_EDITED = "edited"


async def known(session: Session, run: Run) -> list[Known]:
    """The steps of a run, in the order in which they ended."""
    c = StepRecord
    query = (
        select(c)
        .where(col(c.run_id) == run.id)
        .order_by(col(c.finished_at), col(c.started_at))
        .options(load_only(*(getattr(c, name) for name in ("node_id", "path", "visit", "status", "port"))))
    )
    rows = (await session.exec(query)).all()
    return [Known(StepId(row.node_id, row.path, row.visit), row.status, row.port) for row in rows]


async def events(session: Session, run: Run) -> Sequence[RunEvent]:
    """The events that say how the steps of a run began, waited and ended."""
    query = select(RunEvent).where(col(RunEvent.run_id) == run.id, col(RunEvent.kind).in_(_TOLD))
    return (await session.exec(query.order_by(col(RunEvent.seq)))).all()


async def copy(session: Session, source: Run, target: Run, steps: Sequence[Known], split: Split) -> None:
    """Everything, then without what runs again: the database copies by itself, and only keys travel."""
    dropped = [one.step for one in steps if split.why_again(one.step)]
    where = [{"n": s.node_id, "p": s.path, "v": s.visit} for s in dropped]
    connection = await session.connection()
    await _copy_uses(session, source, target)
    for model in (StepRecord, EffectRecord):
        table = cast(Any, model).__table__
        names = [column.name for column in table.columns]
        taken = select_columns(*(literal(target.id) if name == "run_id" else table.c[name] for name in names))
        taken = taken.where(table.c.run_id == source.id)
        if model is EffectRecord:  # of steps that have not ended nothing stands
            taken = taken.where(_has_ended(table, source.id))
        await connection.execute(insert(table).from_select(names, taken))
        if where:
            out = delete(table).where(
                table.c.run_id == target.id,
                table.c.node_id == bindparam("n"),
                table.c.path == bindparam("p"),
                table.c.visit == bindparam("v"),
            )
            await connection.execute(out, where)


def _has_ended(effect: Any, run_id: str) -> Any:
    step: Any = cast(Any, StepRecord).__table__.alias()
    same = [step.c[name] == effect.c[name] for name in ("node_id", "path", "visit")]
    return exists().where(step.c.run_id == run_id, *same)


async def _copy_uses(session: Session, source: Run, target: Run) -> None:
    """What the source's values need, the target's need, too; the pruning of blobs must not come in between."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(text(sql.POSTGRES_SHARE_BLOBS))
    taken = select_columns(literal(target.id), col(BlobUse.digest), col(BlobUse.team_id))
    own = select(BlobUse.digest).where(col(BlobUse.run_id) == target.id)  # those of its input
    taken = taken.where(col(BlobUse.run_id) == source.id, col(BlobUse.digest).not_in(own))
    await connection.execute(insert(BlobUse).from_select(["run_id", "digest", "team_id"], taken))


async def tell(
    session: Session,
    target: Run,
    told: Sequence[RunEvent],
    split: Split,
    ended: set[StepId],
    *,
    recorded: Callable[[StepId], bool],
) -> None:
    """The target's history of what was done before it; each entry says where it comes from.

    A `recorded` state is left as it was left, by the signals that came then.
    """
    rows: list[dict[str, Any]] = []
    signals: set[str] = set()
    for event in told:
        step = StepId(event.node_id or "", event.path, event.visit)
        always = event.kind == "state.transition" and recorded(step)
        if not always and not _goes_along(event, step, split, ended):
            continue
        if signal := event.data.get("signal"):
            signals.add(signal)
        data = {**event.data, "kept_from": event.run_id, "kept_seq": event.seq}
        kind = event.kind
        if kind == "step.started":
            data = _started_now(data, step, split)
        if step in split.edited and kind in _ENDS:
            kind, data = "step.succeeded", {**data, _EDITED: True}
            data.pop("error", None)
        rows.append({"kind": kind, "node_id": step.node_id, "path": step.path, "visit": step.visit,
                     "attempt": event.attempt, "data": data})  # fmt: skip
    if rows:
        await _append(session, target, rows)
    if signals:
        await _copy_signals(session, told[0].run_id, target, signals)


async def _copy_signals(session: Session, source_id: str, target: Run, keys: set[str]) -> None:
    """What the states were left by, so that expressions read it again."""
    query = select(InboxItem).where(col(InboxItem.run_id) == source_id, col(InboxItem.key).in_(keys))
    for item in (await session.exec(query)).all():
        session.add(
            InboxItem(run_id=target.id, key=item.key, team_id=item.team_id, payload=item.payload, at=item.at)
        )
    await session.flush()


def _goes_along(event: RunEvent, step: StepId, split: Split, ended: set[StepId]) -> bool:
    """Ends of steps that stand; tries of containers that are played on; since when an unfinished step waits for a time."""
    if event.kind in (*_ENDS, "state.transition"):
        return split.why_again(step) is None
    if event.kind == "step.started":
        part = part_at(split.program, step.path, step.node_id)
        stands = step in ended and split.why_again(step) is None
        return part is not None and part.body is not None and not stands and split.goes_on_inside(step)
    waits = event.kind == "step.waiting" and event.data.get("for") == "time"
    return waits and step not in ended and split.why_again(step) is None


def _started_now(data: dict[str, Any], step: StepId, split: Split) -> dict[str, Any]:
    """A container that is played on has its whole time limit again."""
    part = part_at(split.program, step.path, step.node_id)
    data.pop("until", None)
    if part is not None and part.node.timeout_seconds:
        data["until"] = (clock.now() + timedelta(seconds=part.node.timeout_seconds)).isoformat()
    return data


async def _append(session: Session, target: Run, rows: list[dict[str, Any]]) -> None:
    size = sum(len(values.dumps(row["data"])) + EVENT_BYTES for row in rows)
    counted = {"last_seq": Run.last_seq + len(rows), "bytes": Run.bytes + size}
    numbered = update(Run).where(col(Run.id) == target.id).values(**counted)
    last = (await session.exec(numbered.returning(col(Run.last_seq)))).one()[0]
    now = clock.now()
    first = last - len(rows) + 1
    whole = [
        {"run_id": target.id, "team_id": target.team_id, "seq": first + n, "at": now, **row}
        for n, row in enumerate(rows)
    ]
    await (await session.connection()).execute(insert(RunEvent), whole)


async def edit(
    session: Session, target: Run, edits: Sequence[Edit], ports: Mapping[StepId, str | None]
) -> None:
    """Give the steps their other outputs."""
    for one in edits:
        kept = values.keep(one.output, f"edits.{one.node_id}.output", settings().max_output_bytes)
        for digest, data in sorted((digest, bytes(piece)) for digest, piece in kept.blobs):
            blob = Blob(
                team_id=target.team_id, digest=digest, data=chunks.packed(data), created_at=clock.now()
            )
            await once.insert(session, blob, unique=("team_id", "digest"))
            use = BlobUse(run_id=target.id, digest=digest, team_id=target.team_id)
            await once.insert(session, use, unique=("run_id", "digest"))
        changed = (
            update(StepRecord)
            .where(
                col(StepRecord.run_id) == target.id,
                col(StepRecord.node_id) == one.node_id,
                col(StepRecord.path) == one.path,
                col(StepRecord.visit) == one.visit,
            )
            .values(status="succeeded", output=orjson.loads(kept.stored), error=None, port=ports[one.step()])
        )
        await session.exec(changed)
