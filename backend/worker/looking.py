"""Looks for work that is due, again and again, while there is other work to do."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from backend.core import log

_log = log.get(__name__)


async def every(seconds: float, what: str, look: Callable[[], Awaitable[object]]) -> None:
    """Until cancelled; a look that the database cuts off is only the next one's work."""
    while True:
        await asyncio.sleep(seconds)
        await once(what, look)


async def once(what: str, look: Callable[[], Awaitable[object]]) -> None:
    """What goes wrong is logged."""
    try:
        await look()
    except (SQLAlchemyError, OSError) as error:
        _log.warning("could not look", what=what, error=str(error))
    except Exception as error:  # noqa: BLE001 - the worker would end with all that it plays
        _log.error("a look failed", what=what, exc_info=error)
