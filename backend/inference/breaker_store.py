"""Where circuit breakers keep what they know: in Redis for all processes together, and here while Redis is away."""

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from backend.core import log, redis
from backend.core.queue import link

_PREFIX = "breaker:"
_AWAY_SECONDS = 10.0  # so long a lost Redis is not asked again

_log = log.get(__name__)


class Store(Protocol):
    """Small texts by name, under keys that are forgotten by themselves."""

    async def read(self, key: str) -> dict[str, str]:
        """All fields of the key."""
        ...

    async def add(self, key: str, name: str, seconds: float) -> int:
        """Count the field up; the new count."""
        ...

    async def put(self, key: str, fields: dict[str, str], seconds: float) -> None:
        """Write fields."""
        ...

    async def drop(self, key: str, *names: str) -> None:
        """Forget fields, or all of the key."""
        ...

    async def first(self, key: str, seconds: float) -> bool:
        """Whether nobody took the key in the last so many seconds; whoever asks takes it."""
        ...


class Shared:
    """In Redis; raises `link.LOST`."""

    async def read(self, key: str) -> dict[str, str]:
        """All fields of the key."""
        found: dict[bytes, bytes] | list[bytes] = await link.say(redis.client(), "HGETALL", _PREFIX + key)
        pairs = found if isinstance(found, dict) else link.pairs(found)
        return {name.decode(): value.decode() for name, value in pairs.items()}

    async def add(self, key: str, name: str, seconds: float) -> int:
        """Count the field up; the new count."""
        count: int = await link.say(redis.client(), "HINCRBY", _PREFIX + key, name, 1)
        await self._keep(key, seconds)
        return count

    async def put(self, key: str, fields: dict[str, str], seconds: float) -> None:
        """Write fields."""
        flat = [part for pair in fields.items() for part in pair]
        await link.say(redis.client(), "HSET", _PREFIX + key, *flat)
        await self._keep(key, seconds)

    async def drop(self, key: str, *names: str) -> None:
        """Forget fields, or all of the key."""
        await link.say(redis.client(), "HDEL" if names else "DEL", _PREFIX + key, *names)

    async def first(self, key: str, seconds: float) -> bool:
        """Whether nobody took the key in the last so many seconds; whoever asks takes it."""
        taken = await link.say(redis.client(), "SET", _PREFIX + key, "1", "NX", "PX", _milliseconds(seconds))
        return taken is not None

    async def _keep(self, key: str, seconds: float) -> None:
        """At least so long; `PEXPIRE … GT` alone would not set the first end."""
        for condition in ("NX", "GT"):
            await link.say(redis.client(), "PEXPIRE", _PREFIX + key, _milliseconds(seconds), condition)


@dataclass
class Local:
    """In this process."""

    kept: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    ends: dict[str, float] = field(default_factory=dict[str, float])

    async def read(self, key: str) -> dict[str, str]:
        """All fields of the key."""
        for old in [one for one, end in self.ends.items() if end <= time.monotonic()]:
            self.kept.pop(old, None)
            del self.ends[old]
        return dict(self.kept.get(key, {}))

    async def add(self, key: str, name: str, seconds: float) -> int:
        """Count the field up; the new count."""
        count = int((await self.read(key)).get(name, "0")) + 1
        await self.put(key, {name: str(count)}, seconds)
        return count

    async def put(self, key: str, fields: dict[str, str], seconds: float) -> None:
        """Write fields."""
        self.kept.setdefault(key, {}).update(fields)
        self.ends[key] = max(self.ends.get(key, 0.0), time.monotonic() + seconds)

    async def drop(self, key: str, *names: str) -> None:
        """Forget fields, or all of the key."""
        for name in names:
            self.kept.get(key, {}).pop(name, None)
        if not names:
            self.kept.pop(key, None)
            self.ends.pop(key, None)

    async def first(self, key: str, seconds: float) -> bool:
        """Whether nobody took the key in the last so many seconds; whoever asks takes it."""
        if await self.read(key):
            return False
        await self.put(key, {"taken": "1"}, seconds)
        return True


@dataclass
class Either:
    """Redis, and what is kept here for a while after Redis was lost."""

    shared: Store = field(default_factory=Shared)
    local: Store = field(default_factory=Local)
    away_until: float = 0.0

    async def read(self, key: str) -> dict[str, str]:
        """All fields of the key."""
        return await self._do("read", key)

    async def add(self, key: str, name: str, seconds: float) -> int:
        """Count the field up; the new count."""
        return await self._do("add", key, name, seconds)

    async def put(self, key: str, fields: dict[str, str], seconds: float) -> None:
        """Write fields."""
        await self._do("put", key, fields, seconds)

    async def drop(self, key: str, *names: str) -> None:
        """Forget fields, or all of the key."""
        await self._do("drop", key, *names)

    async def first(self, key: str, seconds: float) -> bool:
        """Whether nobody took the key in the last so many seconds; whoever asks takes it."""
        return await self._do("first", key, seconds)

    async def _do(self, verb: str, *what: Any) -> Any:
        if time.monotonic() >= self.away_until:
            try:
                return await getattr(self.shared, verb)(*what)
            except link.LOST as error:
                self.away_until = time.monotonic() + _AWAY_SECONDS
                _log.info("breakers.local", error=str(error))
        return await getattr(self.local, verb)(*what)


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
