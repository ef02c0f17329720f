"""Workers and callers survive the restart, and the emptying, of Redis."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.core import embedded_redis, queue, redis
from backend.core.queue import link
from tests.backend.core.queue.conftest import LEASE, Workers
from tests.conftest import forget_settings
from tests.servers import free_port

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("environment")]
Sender = queue.DurableStreamBroker


@pytest.fixture
async def server(environment: pytest.MonkeyPatch) -> AsyncIterator[embedded_redis.Server]:
    """The embedded Valkey, which keeps its data."""
    started = await embedded_redis.ensure_running()
    assert started is not None
    yield started
    await queue.hang_up()
    await redis.client().aclose()


@pytest.fixture
async def keeping(server: embedded_redis.Server, tmp_path: Path) -> AsyncIterator[Workers]:
    workers = Workers(tmp_path)
    yield workers
    workers.end()


async def _until_depth(sender: Sender, depth: int) -> None:
    async with asyncio.timeout(120):
        while await sender.depth() != depth:
            await asyncio.sleep(0.01)


async def test_a_restart_repeats_nothing_and_loses_nothing(
    server: embedded_redis.Server, keeping: Workers
) -> None:
    sender = Sender("runs", lease_seconds=LEASE)
    keeping.start(lease=30)
    asked = asyncio.ensure_future(queue.call(sender, "tests.work", name="through", seconds=3, timeout=60))
    await keeping.started("through")
    await server.stop()
    await keeping.done("through")  # while Redis is away: the acknowledgement is owed
    again = await embedded_redis.ensure_running()
    assert again is not None
    try:
        assert await asked == "through"
        await _until_depth(sender, 0)
        assert await queue.call(sender, "tests.work", name="after") == "after"
        assert keeping.lines("start") == ["through", "after"]
    finally:
        await queue.hang_up()
        keeping.end()
        await again.stop()


async def test_what_an_emptied_redis_forgot_is_asked_again(
    server: embedded_redis.Server, keeping: Workers
) -> None:
    sender = Sender("runs", lease_seconds=LEASE)
    async with asyncio.TaskGroup() as asking:
        asked = asking.create_task(queue.call(sender, "tests.work", name="forgotten", timeout=60))
        await _until_depth(sender, 1)
        await link.say(redis.client(), "FLUSHALL")
        keeping.start()
    assert asked.result() == "forgotten"
    await _until_depth(sender, 0)
    await queue.hang_up()
    keeping.end()
    await server.stop()


async def test_an_emptied_redis_is_set_up_again(server: embedded_redis.Server, keeping: Workers) -> None:
    sender = Sender("runs", lease_seconds=LEASE)
    keeping.start()
    assert await queue.call(sender, "tests.work", name="before") == "before"
    await link.say(redis.client(), "FLUSHALL")
    assert await queue.call(sender, "tests.work", name="after") == "after"
    await queue.hang_up()
    keeping.end()
    await server.stop()
    assert not redis.address_file().exists()


class Found(Sender):
    """One that found Redis, which was lost right after that."""

    async def _healed(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [Sender, Found])
async def test_a_worker_that_is_told_to_stop_before_it_has_found_redis_ends(
    kind: type[Sender], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    forget_settings()
    stop, pause = asyncio.Event(), link.Backoff.wait

    async def told(backoff: link.Backoff) -> None:
        stop.set()
        await pause(backoff)

    environment.setattr(link.Backoff, "wait", told)
    async with asyncio.timeout(60):
        await queue.serve(kind("runs", lease_seconds=LEASE), concurrency=1, stop=stop)
    await queue.hang_up()
    await redis.client().aclose()
