"""Connections that a test leaves behind: of tasks that it cut off while they were connecting.

Python would tell of those to PostgreSQL whenever it collects them, in whichever test runs then; and the thread of one to
SQLite would fail where it answers a loop that is over.
"""

import asyncio
from functools import wraps
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary

import aiosqlite
from asyncpg.connection import Connection

_made: WeakKeyDictionary[Any, asyncio.AbstractEventLoop] = WeakKeyDictionary()
_init = Connection.__init__


@wraps(_init)
def _noted(self: Any, *given: Any, **named: Any) -> None:
    _init(self, *given, **named)
    _made[self] = asyncio.get_running_loop()


Connection.__init__ = _noted

_stopped: list[Thread] = []
_stop = aiosqlite.Connection.stop


@wraps(_stop)
def _noted_stop(self: aiosqlite.Connection) -> asyncio.Future[Any] | None:
    _stopped.append(self._thread)
    return _stop(self)


aiosqlite.Connection.stop = _noted_stop


async def cut() -> int:
    """Cut those of this loop that are still open; how many there were."""
    here = asyncio.get_running_loop()
    left = [one for one, loop in list(_made.items()) if loop is here and not one.is_closed()]
    for one in left:
        one.terminate()
    await asyncio.sleep(0)  # their sockets are closed in the loop's next turn
    _made.clear()
    while _stopped:
        thread = _stopped.pop()
        if thread.is_alive():
            await asyncio.to_thread(thread.join, 60)
    return len(left)
