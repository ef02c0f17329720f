"""Puts the big values of steps back, as far as a page can show them; what is larger stays a reference with its size."""

from collections.abc import Sequence

from backend.core.db import Session
from backend.engine import values
from backend.identity.principal import Principal
from backend.runs import redaction, repository
from backend.runs.models import StepRecord
from backend.runs.schemas import StepPublic

MAX_SHOWN_BYTES = 4_000_000


async def whole(session: Session, by: Principal, rows: Sequence[StepRecord]) -> list[StepPublic]:
    """The steps with their values, the first ones first when not all fit; or without, as the caller may see them."""
    shown = [redaction.of_step(by, StepPublic.model_validate(row, from_attributes=True)) for row in rows]
    room = MAX_SHOWN_BYTES
    found: dict[str, bytearray] = {}
    for step in shown:
        sizes = values.sizes(step.input) | values.sizes(step.output)
        wanted = [digest for digest in sizes if digest not in found]
        if wanted and sum(sizes[digest] for digest in wanted) <= room:
            found |= await repository.blobs(session, by.team_id, wanted)
            room -= sum(sizes[digest] for digest in wanted)
        step.input = values.fill(step.input, found)
        step.output = values.fill(step.output, found)
    return shown
