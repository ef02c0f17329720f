"""Connections to PostgreSQL that a test leaves open: of tasks that it cut off while they were connecting.

Python would tell of them whenever it collects them, in whichever test runs then.
"""

import asyncio
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from asyncpg.connection import Connection

_made: WeakKeyDictionary[Any, asyncio.AbstractEventLoop] = WeakKeyDictionary()
_init = Connection.__init__


@wraps(_init)
def _noted(self: Any, *given: Any, **named: Any) -> None:
    _init(self, *given, **named)
    _made[self] = asyncio.get_running_loop()


Connection.__init__ = _noted


async def cut() -> int:
    """Cut those of this loop that are still open; how many there were."""
    here = asyncio.get_running_loop()
    left = [one for one, loop in list(_made.items()) if loop is here and not one.is_closed()]
    for one in left:
        one.terminate()
    await asyncio.sleep(0)  # their sockets are closed in the loop's next turn
    _made.clear()
    return len(left)
