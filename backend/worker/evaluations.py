"""Goes on with evaluations while there is other work to do."""

import asyncio

from backend.core import log
from backend.evaluation import playing
from backend.worker import looking

LOOK_SECONDS = 1.0
_log = log.get(__name__)


async def watch() -> None:
    """Until cancelled. Every worker looks; each case is taken by one."""
    await looking.every(LOOK_SECONDS, "evaluations", look)


async def look() -> int:
    """Go on with every case that is due; how many there were."""
    taken = await playing.take()
    async with asyncio.TaskGroup() as tasks:
        for evaluation_id, place in taken:
            tasks.create_task(_one(evaluation_id, place))
    return len(taken)


async def _one(evaluation_id: str, place: int) -> None:
    """What is wrong with one case is only its own matter; it is due again when nobody holds it any more."""
    try:
        await playing.go_on(evaluation_id, place)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other cases and this worker go on
        _log.warning("a case could not go on", evaluation=evaluation_id, place=place, exc_info=error)
