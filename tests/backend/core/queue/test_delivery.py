"""Tasks are done once when all is well, and again only when their worker died."""

import asyncio
import random
import time
from collections import Counter

import pytest

from backend.core import queue, redis
from backend.core.errors import Invalid, Unavailable
from backend.core.queue import link, names
from backend.core.queue.results import TaskCancelled, TaskFailed
from tests.backend.core.queue.conftest import LEASE, Workers

pytestmark = pytest.mark.redis
Sender = queue.DurableStreamBroker


async def _depth_is_zero(sender: Sender) -> None:
    async with asyncio.timeout(60):
        while await sender.depth():
            await asyncio.sleep(0.01)


async def test_an_answer_comes_back(workers: Workers, sender: Sender) -> None:
    workers.start()
    assert await queue.call(sender, "tests.work", name="grüße 🎉") == "grüße 🎉"
    await _depth_is_zero(sender)


async def test_our_errors_keep_their_kind_and_others_lose_their_trace(
    workers: Workers, sender: Sender
) -> None:
    workers.start()
    with pytest.raises(Invalid, match="The text is empty") as refused:
        await queue.call(sender, "tests.refuse")
    assert refused.value.fix == "Write something."
    with pytest.raises(TaskFailed, match="ZeroDivisionError: by nothing"):
        await queue.call(sender, "tests.break")


async def test_without_a_worker_the_caller_hears_it_and_the_task_is_never_done(
    workers: Workers, sender: Sender
) -> None:
    with pytest.raises(Unavailable, match="No worker answered"):
        await queue.call(sender, "tests.work", name="abandoned", timeout=0.2)
    workers.start()
    assert await queue.call(sender, "tests.work", name="next") == "next"
    await _depth_is_zero(sender)
    assert workers.lines("start") == ["next"]


async def test_tasks_of_a_killed_worker_are_taken_over(workers: Workers, sender: Sender) -> None:
    pair = [workers.start(lease=LEASE * 2) for _ in range(2)]
    await workers.until(lambda: len(workers.lines("ready")) == 2)
    await sender.send("tests.hold", name="survivor")
    await workers.started("survivor")
    victim = next(one for one in pair if f"start survivor {one.pid}\n" in workers.journal.read_text())
    victim.kill()
    victim.wait()
    workers.journal.with_suffix(".go").touch()
    await workers.done("survivor")
    assert len(workers.lines("start")) == 2


@pytest.mark.parametrize("task", ["tests.work", "tests.stall"])
async def test_a_healthy_task_longer_than_its_lease_runs_once(
    task: str, workers: Workers, sender: Sender
) -> None:
    """Also when it blocks the worker's loop the whole time: leases are renewed by a thread."""
    lease = LEASE * 3  # a slow machine may let nobody play for two seconds
    workers.start(lease=lease)
    workers.start(lease=lease)
    await workers.until(lambda: len(workers.lines("ready")) == 2)
    await sender.send(task, name="long", seconds=lease * 1.7)
    await workers.done("long")
    await _depth_is_zero(sender)
    assert workers.lines("start") == ["long"]


async def test_a_poison_task_ends_among_the_dead_letters_and_can_be_sent_again(
    workers: Workers, sender: Sender
) -> None:
    await sender.send("tests.poison", name="poison", task_id="t-poison")
    for deaths in (1, 2, 3):
        process = workers.start(lease=0.5)
        await workers.until(lambda process=process: process.poll() is not None)
        assert len(workers.lines("start")) == deaths
    workers.start(lease=0.5)
    async with asyncio.timeout(120):
        while not await queue.dead_letters("runs"):
            await asyncio.sleep(0.01)
    (letter,) = await queue.dead_letters("runs")
    assert (letter.task_id, letter.name, letter.priority) == ("t-poison", "tests.poison", "normal")
    assert "3 times" in letter.reason
    assert await sender.depth() == 0
    await queue.replay("runs", letter.id)
    await workers.until(lambda: len(workers.lines("start")) == 4)
    assert await queue.dead_letters("runs") == []


async def test_what_cannot_be_read_becomes_a_dead_letter_and_the_rest_flows(
    workers: Workers, sender: Sender
) -> None:
    fields = ("id", "t", "name", "tests.work", "body")
    for nonsense in (
        ("nonsense", "1"),
        (*fields, "{not JSON"),
        (*fields, '{"task_id": 7}'),
        (*fields, "\xff"),
    ):
        await link.say(redis.client(), "XADD", names.stream("runs", "high"), "*", *nonsense)
    await sender.send("tests.work", name="after")
    workers.start()
    await workers.done("after")
    async with asyncio.timeout(120):
        while len(letters := await queue.dead_letters("runs")) < 4:
            await asyncio.sleep(0.01)
    assert all(letter.reason.startswith("Not readable: ") for letter in letters)
    for letter in letters:
        await queue.drop("runs", letter.id)
    assert await queue.dead_letters("runs") == []


async def test_urgent_tasks_overtake(workers: Workers, sender: Sender) -> None:
    for number in range(20):
        await sender.send("tests.work", priority="low", name=f"low-{number}")
    for number in range(5):
        await sender.send("tests.work", priority="high", name=f"high-{number}")
    await sender.send("tests.work", name="normal")
    workers.start(concurrency=1)
    await workers.until(lambda: len(workers.lines("done")) == 26)
    assert workers.lines("start") == [
        *(f"high-{n}" for n in range(5)),
        "normal",
        *(f"low-{n}" for n in range(20)),
    ]


async def test_a_running_task_is_cancelled_and_its_caller_told(workers: Workers, sender: Sender) -> None:
    workers.start()
    asked = asyncio.ensure_future(queue.call(sender, "tests.work", name="endless", seconds=600))
    await workers.started("endless")
    (entry,) = await link.say(redis.client(), "XRANGE", names.stream("runs", "normal"), "-", "+")
    began = time.monotonic()
    await sender.cancel(entry[1][b"id"].decode())
    with pytest.raises(TaskCancelled):
        await asked
    assert time.monotonic() - began < 60, "the task itself takes ten minutes"
    await _depth_is_zero(sender)
    assert workers.lines("done") == []


async def test_an_unknown_task_waits_for_a_newer_worker(workers: Workers, sender: Sender) -> None:
    await sender.send("tests.of_tomorrow", task_id="t-new", name="x")
    workers.start()
    assert await queue.call(sender, "tests.work", name="known") == "known"
    newer = Sender("runs", lease_seconds=LEASE)
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @newer.task("tests.of_tomorrow")
    async def of_tomorrow(name: str) -> None:
        heard.set_result(name)

    stop = asyncio.Event()
    serving = asyncio.ensure_future(queue.serve(newer, concurrency=2, stop=stop))
    async with asyncio.timeout(120):
        assert await heard == "x"
    stop.set()
    await serving
    assert await queue.dead_letters("runs") == []


async def test_a_worker_that_stops_finishes_its_tasks_and_leaves_no_consumer(
    workers: Workers, sender: Sender
) -> None:
    process = workers.start(concurrency=1)
    await sender.send("tests.hold", name="running")
    await sender.send("tests.work", name="waiting", seconds=0)
    await workers.started("running")
    process.terminate()
    workers.journal.with_suffix(".go").touch()
    await workers.until(lambda: process.poll() is not None)
    assert process.returncode == 0
    assert workers.lines("done") == ["running"]
    assert await link.say(redis.client(), "XINFO", "CONSUMERS", names.stream("runs", "normal"), "runs") == []
    workers.start(lease=60)
    await workers.done("waiting")


async def test_every_task_is_done_through_random_kills(workers: Workers, sender: Sender) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    sent = 0

    async def send_more() -> None:
        nonlocal sent
        for number in range(sent, sent + 30):
            await sender.send("tests.work", name=f"task-{number}", seconds=chance.uniform(0, 0.3))
        sent += 30

    def nobody_s_last() -> bool:
        """A task that two workers died over would rightly not outlive a third."""
        begun = Counter(workers.lines("start")) - Counter(dict.fromkeys(workers.lines("done"), 10**6))
        return max(begun.values(), default=0) < 3

    alive = [workers.start(concurrency=4) for _ in range(2)]
    for _ in range(4):
        floor = len(set(workers.lines("done"))) + chance.randrange(5, 20)
        await send_more()  # so that there is something left to kill, however far the workers have come
        await workers.until(lambda floor=floor: len(set(workers.lines("done"))) >= floor and nobody_s_last())
        victim = chance.randrange(2)
        alive[victim].kill()
        alive[victim] = workers.start(concurrency=4)
    await workers.until(lambda: len(set(workers.lines("done"))) == sent)
    await _depth_is_zero(sender)
    assert await queue.dead_letters("runs") == []
