"""The queue's own connection."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from backend.core.queue import link

pytestmark = pytest.mark.redis


@pytest.fixture
def told(redis_url: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)


@pytest.fixture
async def asking(told: None) -> AsyncIterator[set[asyncio.Task[None]]]:
    """Whoever has not ended by then is cancelled until it does."""
    tasks = set[asyncio.Task[None]]()
    yield tasks
    await link.end(*tasks)


async def ask_for_ever() -> None:
    async with link.connection() as client:
        while True:
            await link.say(client, "PING")


async def test_one_cancellation_is_enough_whenever_it_comes(asking: set[asyncio.Task[None]]) -> None:
    """A TaskGroup cancels once; where that is lost, a worker that has to end never does."""
    for _ in range(40):
        task = asyncio.create_task(ask_for_ever())
        asking.add(task)
        await asyncio.sleep(random.uniform(0.002, 0.005))
        for _ in range(random.randrange(8)):
            await asyncio.sleep(0)
        task.cancel()
    _, left = await asyncio.wait(asking, timeout=120)
    assert not left, f"{len(left)} of {len(asking)} go on"
