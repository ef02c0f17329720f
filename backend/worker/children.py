"""Runs that steps start and wait for: made once, their end told to the step, and ended with the run that waits."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError

from backend.core import db, log
from backend.engine.ports import Called, RunToPlay, StepId
from backend.runs import entry_form, families
from backend.worker import looking

LOOK_SECONDS = 0.5
_log = log.get(__name__)


class Children:
    """The engine's way to further runs."""

    def checked(self, called: Called, given: JsonValue) -> JsonValue:
        """The input as the other's form wants it."""
        return entry_form.fitting(called.diagram.model_dump(mode="json")["nodes"], given)

    async def start(self, run: RunToPlay, step: StepId, key: str, called: Called, given: JsonValue) -> str:
        """The run of this key, made now or before."""
        async with db.database().transaction() as session:
            return await families.start(session, run.run_id, step, key, called, given)

    async def result(self, run: RunToPlay, child_id: str) -> tuple[str, JsonValue, Mapping[str, Any] | None]:
        """How it ended."""
        async with db.database().reading() as session:
            return await families.result(session, run.team_id, child_id)


async def tell(run_id: str) -> None:
    """Tell the run that waits for this one that it has ended; a look finds what is not told now."""
    try:
        async with db.database().transaction() as session:
            await families.tell(session, run_id)
    except (SQLAlchemyError, OSError) as error:
        _log.warning("a parent will hear later", run=run_id, error=str(error))


async def watch() -> None:
    """Until cancelled: tell ends that were not told, and end the children of runs that are over."""
    await looking.every(LOOK_SECONDS, "children", _look)


async def _look() -> None:
    async with db.database().reading() as session:
        ended, left = await families.untold(session)
    for run_id in ended:
        await tell(run_id)
    for run_id in left:
        async with db.database().transaction() as session:
            await families.end_with_parent(session, run_id)
