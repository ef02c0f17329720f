"""Whether the caller of an open socket or stream may still be there: soon after they may not, it ends (SEC-06)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import lru_cache

from redis.exceptions import RedisError
from starlette.requests import HTTPConnection

from backend.identity import edge, revocation
from backend.identity.principal import Principal

# The promise is five seconds, also without Redis and when a role or a membership goes without any notice.
LOOK_SECONDS = 4.0
_REDIS_REST_SECONDS = 5.0
_REMEMBERED = 1_000


class Notices:
    """Wakes those who wait in this process for the end of a session; `listen` must be alive for that.

    A session may end while a socket of it is being opened, so the last ones that ended are known to who begins to wait.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._ended: dict[str, None] = {}

    async def wait(self, credential_id: str, seconds: float) -> None:
        """Return when this session ends or has just ended, or after so long."""
        if credential_id in self._ended:
            return
        ended = asyncio.Event()
        self._waiting[credential_id].add(ended)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ended.wait()
        finally:
            self._waiting[credential_id].discard(ended)
            if not self._waiting[credential_id]:
                del self._waiting[credential_id]

    async def listen(self) -> None:
        """Hear of sessions that end, until cancelled."""
        while True:
            with suppress(RedisError, OSError):
                async for session_id in revocation.ended():
                    self._tell(session_id)
            await asyncio.sleep(_REDIS_REST_SECONDS)

    def _tell(self, session_id: str) -> None:
        self._ended[session_id] = None
        if len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        for waiting in self._waiting.get(session_id, ()):
            waiting.set()


@lru_cache
def notices() -> Notices:
    """Those of this process; `listening` keeps them alive."""
    return Notices()


@asynccontextmanager
async def listening() -> AsyncGenerator[None]:
    """Hear of ended sessions for as long as this is entered; the web process enters it when it starts."""
    async with asyncio.TaskGroup() as tasks:
        hearing = tasks.create_task(notices().listen())
        yield
        hearing.cancel()


async def looks(connection: HTTPConnection, by: Principal) -> AsyncGenerator[Principal]:
    """The caller as they are now, every few seconds; ends once the session or key has ended, or leads elsewhere."""
    while True:
        await notices().wait(by.credential_id, LOOK_SECONDS)
        now = await edge.principal_again(connection)
        if now is None or (now.team_id, now.credential_id) != (by.team_id, by.credential_id):
            return
        yield now


async def until_ended(connection: HTTPConnection, by: Principal) -> bool:
    """Return soon after the caller lost the right to read runs here; True if they may come again, to see less or more."""
    async for now in looks(connection, by):
        if not now.may("run.read"):
            return False
        if now.may("run.payload") != by.may("run.payload"):
            return True
    return False
