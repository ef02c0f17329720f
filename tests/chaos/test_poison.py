"""C-12: what nobody can play or read is given up with its reason, everything else goes on, and a redrive works."""

import orjson
import pytest

from backend.core import queue, redis
from backend.core.queue import link, names
from backend.worker.orphans import MAX_FRUITLESS
from tests.backend.dead_letters import given_up
from tests.backend.dead_letters.given_up import letters
from tests.backend.runs import made
from tests.backend.worker.house import House, check_invariants
from tests.chaos.test_failpoints import dies

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]
UNKNOWN = {"task_id": "old", "task_name": "runs.unheard_of", "labels": {}, "args": [], "kwargs": {}}


async def send_nonsense() -> None:
    """A message that is no JSON, and one from long ago for a task that nobody knows."""
    for priority, at, name, body in (
        ("high", "*", "runs.play", b"{not JSON"),
        ("low", "1-1", "runs.unheard_of", orjson.dumps(UNKNOWN)),
    ):
        stream = names.stream("runs", priority)
        await link.say(redis.client(), "XADD", stream, at, "id", "t", "name", name, "body", body)


async def unplayable(world: made.World, slug: str, stored: object) -> str:
    """A run of a workflow whose stored diagram is this; the workflow's published version is a good one."""
    found = await made.published(world.by, given_up.greeting(), slug)
    run_id = await made.run(found, "queued", input={})
    await given_up.spoil(found.version_id, stored)
    return run_id


@pytest.mark.at_merge("postgresql")
async def test_c12_poison_is_given_up_and_everything_else_goes_on(house: House) -> None:
    world = await made.world(given_up.greeting())
    await send_nonsense()
    foreign = {"quadrille": 1, "nodes": [{"id": "a", "kind": "gone_kind"}]}
    bad = [
        await unplayable(world, "unreadable", {"nodes": "none"}),
        await unplayable(world, "foreign", foreign),
    ]
    living = house.failing("-")
    assert [(await house.ended(run_id)).status for run_id in bad] == ["failed"] * 2
    house.kill(living)
    bad.append(await house.start(world, {}))
    for _ in range(MAX_FRUITLESS):
        await dies(house, "step.play")
    healthy = [await house.start(world, {})]
    house.failing("-")
    healthy.append(await house.start(world, {}))
    assert [(await house.ended(one)).status for one in healthy] == ["succeeded"] * 2
    ended = [await house.ended(one) for one in bad]
    assert [run.status for run in ended] == ["failed"] * 3
    await check_invariants(ended)
    found = {one.run_id: one for one in await letters(world.by, status="open")}
    assert [found[one].reason for one in bad] == ["unreadable", "unreadable", "poison"]
    for letter in found.values():
        mended = None if letter.reason == "poison" else await repaired(world, letter.workflow_id)
        assert await given_up.redrive(world.by, letter.id, mended)
    again = [one.new_run_id or "" for one in await letters(world.by)]
    assert [(await house.ended(one)).status for one in again] == ["succeeded"] * 3
    reasons = sorted(one.reason.partition(":")[0] for one in await queue.dead_letters("runs"))
    assert reasons == ["For a day no worker has known 'runs.unheard_of'.", "Not readable"]


async def repaired(world: made.World, workflow_id: str) -> str:
    """A version that can be played."""
    return await made.version(world.by, workflow_id, given_up.greeting())
