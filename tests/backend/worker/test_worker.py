"""A worker process plays what is started, and leaves in order."""

import pytest

from backend.runs import wake
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.worker.house import House, check_invariants, events, steps

pytestmark = [pytest.mark.db, pytest.mark.redis]


def greeting() -> Diagram:
    fields = [{"name": "text", "value": "Hello {{ input.name }}"}]
    return made.chain(
        Node(id="start", kind="start"),
        Node(id="greet", kind="set_fields", config={"fields": fields}),
        Node(id="output", kind="output"),
    )


async def test_a_run_is_played_from_start_to_end(house: House) -> None:
    world = await made.world(greeting())
    first = await house.start(world, {"name": "before"})
    worker = house.worker()
    assert (await house.ended(first)).status == "succeeded"
    second = await house.start(world, {"name": "Ünï"})
    run = await house.ended(second)
    assert run.output == {"text": "Hello Ünï"}
    assert [e.kind for e in await events(run)][:2] == ["run.queued", "run.started"]
    assert [s.node_id for s in await steps(run)] == ["start", "greet", "output"]
    await check_invariants([run])
    assert await house.stop(worker) == 0


async def test_c02_a_start_whose_wake_up_never_left_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the web process is killed between the commit and the message (P1, I8)."""

    async def killed_before(run_id: str) -> None:
        del run_id

    world = await made.world(greeting())
    house.worker()
    await house.ended(await house.start(world, {"name": "first"}))
    with monkeypatch.context() as dead:
        dead.setattr(wake, "offer", killed_before)
        run_id = await house.start(world, {"name": "second"})
    assert (await house.ended(run_id, 30)).output == {"text": "Hello second"}
