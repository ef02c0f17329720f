"""What goes into a run and comes out of it: big values are stored once, by their content, and the run's row names them.

A row that held them would be read and written whole with every step that counts something in it.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import JsonValue
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite

from backend.core import clock
from backend.core.db import Session
from backend.engine import blobs, sql, values
from backend.engine.records import BLOB_BYTES
from backend.identity.principal import Principal
from backend.runs.models import Blob, BlobUse, RunFields
from backend.runs.schemas import RunPublic

_AT_ONCE = 500
Pieces = Mapping[str, bytes]


def refer(run: RunFields) -> Pieces:
    """Let a run to be name its input where that is big; the pieces have to be stored with it."""
    kept = values.apart(run.input)
    if kept is None:
        return {}
    run.input = orjson.loads(kept.stored)
    pieces = {digest: bytes(piece) for digest, piece in kept.blobs}
    run.bytes += sum(len(piece) + BLOB_BYTES for piece in pieces.values())
    return pieces


async def store(session: Session, run: RunFields, packed: Pieces) -> None:
    """Store pieces, and that the run uses them; as the engine's writer does, under the same lock: see `engine.sql`."""
    if not packed:
        return
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(sql.POSTGRES_SHARE_BLOBS)
    now, team = clock.now(), run.team_id
    rows = [{"team_id": team, "digest": d, "data": data, "created_at": now} for d, data in packed.items()]
    uses = [{"run_id": run.id, "digest": digest, "team_id": team} for digest in packed]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    unless_there = dialect.insert(Blob).on_conflict_do_nothing()
    for start in range(0, len(uses), _AT_ONCE):
        await connection.execute(unless_there, rows[start : start + _AT_ONCE])
        await connection.execute(insert(BlobUse), uses[start : start + _AT_ONCE])


async def whole(session: Session, team_id: str, stored: JsonValue) -> JsonValue:
    """The value itself, where the row names it; where retention has removed it, the reference."""
    if not is_reference(stored):
        return stored
    found = await blobs.whole(session, team_id, values.digests(stored))
    return values.fill(stored, found)


async def shown(session: Session, by: Principal, run: RunPublic) -> RunPublic:
    """The run with its values, as far as the caller may see them."""
    run.input = await whole(session, by.team_id, run.input)
    run.output = await whole(session, by.team_id, run.output)
    return run


def is_reference(stored: Any) -> bool:
    """True for a value that is kept elsewhere."""
    return isinstance(stored, dict) and stored.keys() == {values.REF, "bytes"}
