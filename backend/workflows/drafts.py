"""The draft as a log of updates in the database: read, appended to, rewritten as a whole, compacted."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from pycrdt import Doc, merge_updates

from backend.core import clock, db
from backend.core.db import Session
from backend.workflows import document, fanout, repository
from backend.workflows.diagram import Diagram
from backend.workflows.document import Drawn
from backend.workflows.models import DraftUpdate, Workflow

COMPACT_ROWS = 200
COMPACT_BYTES = 2_000_000
NOTHING = b"\x00\x00"  # the update that changes nothing


def begin(session: Session, workflow: Workflow, diagram: Diagram, by: str) -> None:
    """The first row of a new workflow's log."""
    session.add(_row(workflow, 1, document.new(diagram).get_update(), by, compacted=True))


async def load(session: Session, workflow_id: str) -> tuple[Doc[Any], int]:
    """The document that the log tells of, and the number of its last row."""
    doc: Doc[Any] = Doc()
    rows = await repository.updates(session, workflow_id)
    for row in rows:
        doc.apply_update(row.data)
    return doc, rows[-1].number if rows else 0


async def read(session: Session, workflow_id: str, also: Iterable[bytes] = ()) -> Drawn:
    """The diagram of the draft, including updates on their way into the log."""
    doc, _ = await load(session, workflow_id)
    for update in also:
        doc.apply_update(update)
    return document.read(doc)


async def replace(session: Session, workflow: Workflow, diagram: Diagram, by: str) -> bool:
    """Make the draft hold the diagram, as one small update that open editors see at once; False if it did."""
    return await _edited(session, workflow, by, lambda doc: document.write(doc, diagram))


async def rename(session: Session, workflow: Workflow, meta: tuple[str, str], by: str) -> bool:
    """Change name and description in the draft, leaving all else alone."""
    return await _edited(session, workflow, by, lambda doc: document.write_meta(doc, *meta))


async def _edited(session: Session, workflow: Workflow, by: str, edit: Callable[[Doc[Any]], None]) -> bool:
    await repository.lock(session, workflow.id)
    doc, _ = await load(session, workflow.id)
    changes: list[bytes] = []
    doc.observe(lambda event: changes.append(event.update))
    edit(doc)
    return await append(session, workflow, [(by, change) for change in changes]) > 0


async def append(session: Session, workflow: Workflow, updates: Sequence[tuple[str, bytes]]) -> int:
    """Add rows to the log and tell the rooms after the commit; the number of the last row, 0 if there was none.

    The caller holds the workflow's lock, so that numbers have no gap and no two rows share one.
    """
    real = [(by, update) for by, update in updates if update != NOTHING]
    if not real:
        return 0
    number = await repository.last_update(session, workflow.id)
    for by, update in real:
        number += 1
        session.add(_row(workflow, number, update, by))
    workflow.edited_by, workflow.edited_at = real[-1][0], clock.now()
    session.add(workflow)
    db.after_commit(session, lambda: fanout.log_grew(workflow.id))
    return number


def merged(updates: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Neighbouring updates of one person as one: a drag is a row or two, not sixty."""
    by_person = groupby(updates, key=itemgetter(0))
    return [(by, merge_updates(*(update for _, update in group))) for by, group in by_person]


async def compact(session: Session, workflow_id: str) -> bool:
    """Put one row in the place of many; False when the log is short anyway."""
    rows = await repository.updates(session, workflow_id)
    fresh = [row for row in rows if not row.compacted]
    if len(fresh) < COMPACT_ROWS and sum(len(row.data) for row in fresh) < COMPACT_BYTES:
        return False
    workflow = await repository.lock(session, workflow_id)
    if workflow is None:
        return False
    doc, last = await load(session, workflow_id)
    await repository.forget_updates(session, workflow_id, last)
    session.add(_row(workflow, last + 1, doc.get_update(), rows[-1].by, compacted=True))
    return True


def _row(workflow: Workflow, number: int, data: bytes, by: str, *, compacted: bool = False) -> DraftUpdate:
    return DraftUpdate(
        workflow_id=workflow.id,
        number=number,
        team_id=workflow.team_id,
        data=data,
        compacted=compacted,
        by=by,
        at=clock.now(),
    )
