"""All queries on stored checkpoints; reading and housekeeping only, since rows are written by the writer."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, literal
from sqlalchemy import delete as delete_rows
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from backend.core.db import Session
from backend.engine.models import Checkpoint, CheckpointWrite

Stored = Checkpoint
StoredWrite = CheckpointWrite


@dataclass(frozen=True)
class Wanted:
    """Which checkpoints; empty fields do not restrict."""

    thread_id: str | None = None
    ns: str | None = None
    checkpoint_id: str | None = None


async def newest_first(
    session: Session, wanted: Wanted, older_than: str | None = None
) -> AsyncIterator[Stored]:
    """The checkpoints, a page at a time, so that a long history is never in memory whole."""
    before = older_than
    while True:
        query = (
            select(Checkpoint)
            .where(*_conditions(wanted, before))
            .order_by(col(Checkpoint.checkpoint_id).desc())
            .limit(_PAGE if wanted.checkpoint_id is None else 1)
        )
        page = (await session.exec(query)).all()
        for stored in page:
            yield stored
        if len(page) < _PAGE:
            return
        before = page[-1].checkpoint_id


async def writes(session: Session, stored: Stored) -> Sequence[StoredWrite]:
    """The pending writes beside a checkpoint, in LangGraph's order."""
    query = (
        select(CheckpointWrite)
        .where(*_same_checkpoint(stored))
        .order_by(col(CheckpointWrite.task_path), col(CheckpointWrite.task_id), col(CheckpointWrite.idx))
    )
    return (await session.exec(query)).all()


async def delete(session: Session, thread_ids: Sequence[str]) -> None:
    """Remove whole threads."""
    for table in (CheckpointWrite, Checkpoint):
        await session.exec(delete_rows(table).where(col(table.thread_id).in_(thread_ids)))


async def delete_one(session: Session, stored: Stored) -> None:
    """Remove one checkpoint and its writes."""
    await session.exec(delete_rows(CheckpointWrite).where(*_same_checkpoint(stored)))
    await session.delete(stored)


async def copy(session: Session, source: str, target: str) -> None:
    """Copy every row of a thread to another thread."""
    for table in (Checkpoint, CheckpointWrite):
        names = list(table.model_fields)
        values: list[Any] = [literal(target) if n == "thread_id" else col(getattr(table, n)) for n in names]
        rows = select_columns(*values).where(col(table.thread_id) == source)
        await session.exec(insert(table).from_select(names, rows))


def _conditions(wanted: Wanted, before: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.thread_id is not None:
        found.append(col(Checkpoint.thread_id) == wanted.thread_id)
    if wanted.ns is not None:
        found.append(col(Checkpoint.ns) == wanted.ns)
    if wanted.checkpoint_id is not None:
        found.append(col(Checkpoint.checkpoint_id) == wanted.checkpoint_id)
    if before is not None:
        found.append(col(Checkpoint.checkpoint_id) < before)
    return found


def _same_checkpoint(stored: Stored) -> list[ColumnElement[bool]]:
    return [
        col(CheckpointWrite.thread_id) == stored.thread_id,
        col(CheckpointWrite.ns) == stored.ns,
        col(CheckpointWrite.checkpoint_id) == stored.checkpoint_id,
    ]


_PAGE = 200
