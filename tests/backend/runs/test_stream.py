"""A watcher gets every event once and in order, whatever happens to Redis, to the order of messages, and to their own pace."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import orjson
import pytest
from redis.asyncio.client import PubSub
from sqlalchemy.exc import InterfaceError

from backend.core import db, redis
from backend.runs import channel, hub, live, repository, service, stream
from backend.runs.batch import Batch, Item
from backend.runs.channel import BUFFER, MOST_VOLATILE, Channel, Feed
from backend.runs.history import Entry
from backend.runs.hub import Hub
from backend.runs.repository import Told
from backend.runs.stream import Watched
from tests.backend.runs import made
from tests.conftest import forget_settings
from tests.servers import Valkey

pytestmark = [pytest.mark.db, pytest.mark.redis]


@pytest.fixture
async def serving(
    database: db.Database, redis_url: str, environment: pytest.MonkeyPatch
) -> AsyncIterator[Hub]:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    async with running() as found:
        yield found
    await redis.client().aclose()
    await db.database().close()


@asynccontextmanager
async def running() -> AsyncIterator[Hub]:
    opened = Hub()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(opened.run())
        yield opened
        task.cancel()


async def write(world: made.World, run_id: str, count: int, pause: float = 0.0) -> None:
    for n in range(count):
        async with db.database().transaction() as session:
            await service.note(session, run_id, world.by.team_id, Entry("event.emitted", {"n": n}))
        await asyncio.sleep(pause)


async def watch(opened: Hub, watched: Watched, last: int) -> list[int]:
    seen: list[int] = []
    async with asyncio.timeout(60), aclosing(stream.follow(opened, watched)) as items:
        async for item in items:
            if item.seq is not None:
                seen.append(item.seq)
            if item.seq == last:
                break
    return seen


async def heard(opened: Hub, run_id: str) -> Channel:
    """Wait until Redis tells this process what becomes of a run that somebody watches."""
    async with asyncio.timeout(60):
        while not ((found := opened._channels.get(live.channel(run_id))) and found.subscribed.is_set()):
            await asyncio.sleep(0.005)
    return found


async def started(status: str = "running") -> tuple[made.World, str]:
    world = await made.world()
    return world, await made.run(world, status)


async def test_no_gap_and_no_repeat_under_concurrent_writers(serving: Hub) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    world, run_id = await started()
    await write(world, run_id, 7)
    last = 7 + 4 * 25

    async def reader() -> tuple[int, list[int]]:
        await asyncio.sleep(chance.random() * 0.5)
        after = chance.randrange(0, 20)
        return after, await watch(serving, Watched(world.by.team_id, run_id, after), last)

    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(reader()) for _ in range(20)]
        for _ in range(4):
            tasks.create_task(write(world, run_id, 25, chance.random() * 0.01))
    for task in readers:
        after, seen = task.result()
        assert seen == list(range(after + 1, last + 1))


async def test_live_events_do_not_wait_for_the_poll(serving: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 1000)
    world, run_id = await started()
    reading = asyncio.ensure_future(watch(serving, Watched(world.by.team_id, run_id), 3))
    await heard(serving, run_id)
    await write(world, run_id, 3, 0.05)
    assert await asyncio.wait_for(reading, 60) == [1, 2, 3]


async def test_who_comes_while_the_hub_connects_is_told_live(
    database: db.Database, redis_url: str, environment: pytest.MonkeyPatch
) -> None:
    """Also then events must not wait for the poll."""
    environment.setattr(hub, "POLL_SECONDS", 1000)
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    opened, subscribe, asked, go_on = Hub(), PubSub.subscribe, asyncio.Event(), asyncio.Event()

    async def held(pubsub: PubSub, *names: str) -> None:
        asked.set()
        await go_on.wait()
        await subscribe(pubsub, *names)

    environment.setattr(PubSub, "subscribe", held)
    world, run_id = await started()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(opened.run())
        async with asyncio.timeout(60):
            await asked.wait()
        reading = tasks.create_task(watch(opened, Watched(world.by.team_id, run_id), 1))
        while not opened._channels:
            await asyncio.sleep(0.005)
        go_on.set()
        await heard(opened, run_id)
        await write(world, run_id, 1)
        assert await reading == [1]
        task.cancel()
    await redis.client().aclose()
    await db.database().close()


async def test_a_database_that_is_away_for_a_moment_ends_no_stream(
    serving: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.01)
    world, run_id = await started()
    waiting = asyncio.ensure_future(serving.endings.wait(run_id, 120))
    ended, failures = repository.ended, iter((ConnectionRefusedError(), InterfaceError("", (), Exception())))

    async def away(session: db.Session, run_ids: list[str]) -> list[str]:
        for failure in failures:
            raise failure
        return list(await ended(session, run_ids))

    monkeypatch.setattr(repository, "ended", away)
    async with db.database().transaction() as session:
        await repository.move(session, run_id, "succeeded")
    assert await asyncio.wait_for(waiting, 60)
    await write(world, run_id, 1)
    assert await watch(serving, Watched(world.by.team_id, run_id), 1) == [1]


async def test_a_lost_message_is_found_by_the_next_one_or_by_the_poll(serving: Hub) -> None:
    world, run_id = await started()
    reading = asyncio.ensure_future(watch(serving, Watched(world.by.team_id, run_id), 6))
    await heard(serving, run_id)
    working = redis.client
    with pytest.MonkeyPatch.context() as broken:

        async def nothing(events: object) -> None:
            del events

        broken.setattr(live, "publish", nothing)
        await write(world, run_id, 3)
    assert redis.client is working
    await write(world, run_id, 2)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(live, "publish", nothing)
        await write(world, run_id, 1)
    assert await asyncio.wait_for(reading, 60) == [1, 2, 3, 4, 5, 6]


async def test_messages_out_of_order_and_repeated_are_sorted_out(serving: Hub) -> None:
    world, run_id = await started()
    reading = asyncio.ensure_future(watch(serving, Watched(world.by.team_id, run_id), 6))
    await heard(serving, run_id)
    collected: list[object] = []
    with pytest.MonkeyPatch.context() as held:

        async def collect(events: list[object]) -> None:
            collected.extend(events)

        held.setattr(live, "publish", collect)
        await write(world, run_id, 5)
    for event in [collected[1], collected[0], collected[4], collected[4], *collected]:
        await live.publish([event])  # pyright: ignore[reportArgumentType] - what `publish` was given
    await write(world, run_id, 1)
    assert await asyncio.wait_for(reading, 60) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("whole", [True, False])
async def test_volatile_events_are_no_rows_and_pass_to_those_who_may_read_values(
    serving: Hub, *, whole: bool
) -> None:
    world, run_id = await started()
    told: list[str] = []

    async def read() -> None:
        watched = Watched(world.by.team_id, run_id, whole=whole)
        async with aclosing(stream.follow(serving, watched)) as items:
            async for item in items:
                assert whole or "Hi" not in item.text
                told.append(item.kind)
                if item.seq:
                    return

    reading = asyncio.ensure_future(read())
    await heard(serving, run_id)
    message = {"run_id": run_id, "seq": None, "kind": "step.token", "data": {"text": "Hi"}}
    progress = {**message, "kind": "step.progress", "data": {"message": "Hi"}}
    await live.publish_texts([(run_id, orjson.dumps(message)), (run_id, orjson.dumps(progress))])
    await write(world, run_id, 1)
    await asyncio.wait_for(reading, 60)
    assert told == ["step.token", "step.progress", "event.emitted"][not whole :]


async def test_without_redis_events_come_by_polling_and_with_it_again_live(
    database: db.Database, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    valkey = Valkey(tmp_path_factory.mktemp("own"))
    valkey.start()
    environment.setenv("QUADRILLE_REDIS_URL", valkey.url)
    forget_settings()
    try:
        async with running() as opened:
            world, run_id = await started()
            reading = asyncio.ensure_future(watch(opened, Watched(world.by.team_id, run_id), 30))
            await write(world, run_id, 10)
            valkey.stop()
            await write(world, run_id, 10, 0.02)
            valkey.start()
            await write(world, run_id, 10, 0.02)
            assert await asyncio.wait_for(reading, 60) == list(range(1, 31))
    finally:
        valkey.stop()
        await redis.client().aclose()
        await db.database().close()


async def test_R54_what_comes_at_once_goes_together_and_rows_of_many_come_in_few_batches(
    serving: Hub,
) -> None:
    world, run_id = await started()
    await write(world, run_id, 1)
    async with aclosing(stream.batches(serving, Watched(world.by.team_id, run_id, whole=True))) as batches:
        assert [item.seq for item in await anext(batches)] == [1]
        async with db.database().transaction() as session:
            for n in range(200):
                await service.note(session, run_id, world.by.team_id, Entry("event.emitted", {"n": n}))
        sizes, last = list[int](), 1
        while last < 201:
            items = await asyncio.wait_for(anext(batches), 60)
            assert [item.seq for item in items] == list(range(last + 1, last + 1 + len(items)))
            sizes.append(len(items))
            last += len(items)
    assert len(sizes) < 150, "each went alone"
    async with aclosing(stream.batches(serving, Watched(world.by.team_id, run_id, whole=True))) as batches:
        assert len(await anext(batches)) == 201


async def test_R54_readers_who_miss_the_same_rows_are_given_one_page(
    serving: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, run_id = await started()
    await write(world, run_id, 30)
    asked, told_after = list[int](), repository.told_after

    async def counted(session: db.Session, team_id: str, of: str, after: int, limit: int) -> list[Told]:
        asked.append(after)
        return await told_after(session, team_id, of, after, limit)

    monkeypatch.setattr(repository, "told_after", counted)
    watched = Watched(world.by.team_id, run_id)
    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(watch(serving, watched, 30)) for _ in range(50)]
    assert [one.result() for one in readers] == [list(range(1, 31))] * 50
    assert len(asked) < 10, asked


async def test_R54_what_is_late_is_not_taken_for_lost(serving: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """While events of a run come, the looks at the database send nobody to the rows."""
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(hub, "GRACE_SECONDS", 5)  # a slow machine tells nothing for a while
    world, run_id = await started()
    reading = asyncio.ensure_future(watch(serving, Watched(world.by.team_id, run_id), 60))
    await heard(serving, run_id)
    told = list[int]()
    monkeypatch.setattr(channel.Channel, "know", lambda _self, newest: told.append(newest))
    await write(world, run_id, 60, 0.1)
    assert await asyncio.wait_for(reading, 60) == list(range(1, 61))
    assert not told


async def test_values_are_hidden_once_an_event_however_many_look() -> None:
    item = Item(1, "event.emitted", orjson.dumps({"seq": 1, "data": {"secret": "x", "port": "out"}}).decode())
    shown = item.without_values
    assert shown is item.without_values
    assert shown
    assert orjson.loads(shown.text) == {"seq": 1, "data": {"port": "out"}}


async def test_a_slow_reader_is_resynchronised_not_cut_off(
    serving: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "BUFFER", 500)
    world, run_id = await started()
    total = 800
    kinds: list[str] = []
    seen: list[int] = []
    async with aclosing(stream.follow(serving, Watched(world.by.team_id, run_id))) as items:
        await write(world, run_id, 1)
        seen.append((await anext(items)).seq or 0)
        async with db.database().transaction() as session:
            for n in range(total):
                await service.note(session, run_id, world.by.team_id, Entry("event.emitted", {"n": n}))
        (feed,) = (await heard(serving, run_id)).feeds
        async with asyncio.timeout(60):
            while not feed._overflow:
                await asyncio.sleep(0.01)
        while seen[-1] < total + 1:
            item = await asyncio.wait_for(anext(items), 60)
            kinds.append(item.kind)
            if item.kind == "resync":
                assert orjson.loads(item.text) == {"kind": "resync", "seq": seen[-1]}
            else:
                seen.append(item.seq or 0)
    assert seen == list(range(1, total + 2))
    assert "resync" in kinds


async def test_the_end_of_a_run_is_waited_for_and_no_longer_than_wanted(serving: Hub) -> None:
    world, run_id = await started("queued")
    assert not await serving.endings.wait(run_id, 0.1)
    waiting = asyncio.ensure_future(serving.endings.wait(run_id, 120))
    await asyncio.sleep(0.05)
    async with db.database().transaction() as session:
        await service.cancel(session, world.by, run_id)
    assert await asyncio.wait_for(waiting, 60)
    assert await serving.endings.wait(run_id, 0.01), "an end that was heard before anybody waited is known"


async def test_the_end_of_a_run_is_found_when_its_notice_is_lost(serving: Hub) -> None:
    _, run_id = await started("running")
    waiting = asyncio.ensure_future(serving.endings.wait(run_id, 120))
    async with db.database().transaction() as session:
        await repository.move(session, run_id, "succeeded")
    assert await asyncio.wait_for(waiting, 60)


async def test_silence_is_filled_with_beats(serving: Hub) -> None:
    world, run_id = await started()
    async with aclosing(stream.follow(serving, Watched(world.by.team_id, run_id), 0.05)) as items:
        assert await anext(items) is stream.BEAT
        assert await anext(items) is stream.BEAT
        await write(world, run_id, 1)
        while (item := await anext(items)) is stream.BEAT:
            pass
        assert item.seq == 1


def test_a_full_feed_drops_volatile_events_before_rows() -> None:
    feed = Feed()
    for n in range(BUFFER):
        feed.put(Batch([Item(n + 1, "event.emitted", "")]))
    feed.put(Batch([Item(None, "step.token", "")]))
    assert not feed.take_overflow()
    feed.put(Batch([Item(BUFFER + 1, "event.emitted", "")]))
    assert feed.take_overflow()


async def test_tokens_never_cost_a_slow_reader_the_rows() -> None:
    feed = Feed()
    for _ in range(2 * BUFFER):
        feed.put(Batch([Item(None, "step.token", "")]))
    feed.put(Batch([Item(1, "step.succeeded", "")]))
    assert not feed.take_overflow()
    taken = await feed.take(0) or []
    assert [item.seq for batch in taken for item in batch] == [*[None] * MOST_VOLATILE, 1]
