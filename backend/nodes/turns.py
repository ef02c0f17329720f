"""One person's expressions are tried one after the other: nobody takes all sandbox processes from the others."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from backend.core.errors import TooMany

MOST_WAITING = 8


class _Line:
    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.people = 0


_lines: WeakValueDictionary[str, _Line] = WeakValueDictionary()


@asynccontextmanager
async def of(account_id: str) -> AsyncGenerator[None]:
    """Wait for this account's turn; raises TooMany where too many of its own wait already."""
    line = _lines.setdefault(account_id, _Line())
    if line.people > MOST_WAITING:
        raise TooMany("Many expressions of yours are being tried already.", retry_after=1)
    line.people += 1
    try:
        async with line.turn:
            yield
    finally:
        line.people -= 1
