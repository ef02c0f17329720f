"""Puts the big values of steps back, as far as a page can show them; what is larger stays a reference with its size."""

from collections.abc import Sequence

from backend.core.db import Session
from backend.engine import values
from backend.identity.principal import Principal
from backend.runs import redaction, repository
from backend.runs.models import StepRecord
from backend.runs.schemas import StepPublic

MAX_SHOWN_BYTES = 4_000_000
_AT_ONCE = 200


async def whole(session: Session, by: Principal, rows: Sequence[StepRecord]) -> list[StepPublic]:
    """The steps with their values, the first ones first when not all fit; or without, as the caller may see them."""
    shown = [redaction.of_step(by, StepPublic.model_validate(row, from_attributes=True)) for row in rows]
    wanted = list(dict.fromkeys(d for s in shown for v in (s.input, s.output) for d in values.digests(v)))
    found: dict[str, bytes] = {}
    for digests in await _fitting(session, by.team_id, wanted):
        found |= await repository.blobs(session, by.team_id, digests)
    for step in shown:
        step.input = values.fill(step.input, found)
        step.output = values.fill(step.output, found)
    return shown


async def _fitting(session: Session, team_id: str, wanted: list[str]) -> list[list[str]]:
    """The digests whose values fit into a page, in portions."""
    kept: list[str] = []
    room = MAX_SHOWN_BYTES
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        sizes = await repository.blob_sizes(session, team_id, part)
        for digest in part:
            if (size := sizes.get(digest, room + 1)) <= room:
                kept.append(digest)
                room -= size
    return [kept[start : start + _AT_ONCE] for start in range(0, len(kept), _AT_ONCE)]
