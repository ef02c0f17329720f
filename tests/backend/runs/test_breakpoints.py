"""R21: a run stops before and after nodes and plays single steps; where it has stopped survives every process."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from backend.core import db
from backend.core.errors import Invalid, NotAllowed
from backend.runs import service, starting
from backend.runs.models import Run
from backend.runs.schemas import Breakpoints
from backend.runs.states import WrongState
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, played, staged, text

pytestmark = pytest.mark.db
Verb = Callable[..., Any]


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def begun(stage: Stage, diagram: Diagram, **breaks: list[str]) -> str:
    """A run that nobody plays yet, with breakpoints."""
    world = await made.published(stage.by, diagram, "broken")
    async with db.database().transaction() as session:
        run = await starting.start(session, stage.by, workflow_id=world.workflow_id, input={"rows": [1, 2]})
        await service.set_breakpoints(session, stage.by, run.id, Breakpoints(**breaks))
    return run.id


async def do(stage: Stage, verb: Verb, run_id: str, *more: Any) -> Any:
    async with db.database().transaction() as session:
        return await verb(session, stage.by, run_id, *more)


async def stops(run: Run) -> list[tuple[str | None, str | None]]:
    """Where the history says that it stopped."""
    return [(e.node_id, e.data.get("when")) for e in await events(run) if e.kind == "run.paused"]


async def test_R21_a_run_stops_before_and_after_nodes_also_when_another_worker_plays_it(stage: Stage) -> None:
    diagram = drawn([text("a"), text("b"), text("c")], "start>a", "a>b", "b>c", "c>output")
    run_id = await begun(stage, diagram, before=["b"], after=["c"])
    run = await stage.play(run_id)
    assert (run.status, await stops(run), await played(run)) == ("paused", [("b", "before")], {"start", "a"})
    await do(stage, service.resume, run_id)
    async with staged(world=stage.world) as other:  # knows nothing but what is stored
        run = await other.play(run_id)
    assert (run.status, (await stops(run))[1:]) == ("paused", [("c", "after")])
    assert await played(run) == {"start", "a", "b", "c"}
    await do(stage, service.resume, run_id)
    run = await stage.play(run_id)
    assert (run.status, len(await stops(run))) == ("succeeded", 2)


async def test_R21_single_steps_are_played_and_a_container_is_one(stage: Stage) -> None:
    rows = Node(id="rows", kind="map_list", config={"items": "input.rows"})
    diagram = drawn([rows, text("first", parent="rows")], "start>rows", "rows>output")
    run_id = await begun(stage, diagram, before=["rows"])
    run = await stage.play(run_id)
    assert (run.status, await played(run)) == ("paused", {"start"})
    await do(stage, service.step, run_id)
    run = await stage.play(run_id)
    assert (run.status, await stops(run)) == ("paused", [("rows", "before"), ("output", "before")])
    assert await played(run) == {"start", "rows", "rows:0/first", "rows:1/first"}
    await do(stage, service.resume, run_id)
    assert (await stage.play(run_id)).status == "succeeded"


async def test_R21_a_step_under_way_is_not_held_up_again(stage: Stage) -> None:
    wait = Node(id="nap", kind="wait", config={"duration": 3600})
    run_id = await begun(stage, drawn([wait], "start>nap", "nap>output"))
    assert (await stage.play(run_id)).status == "waiting_time"
    await do(stage, service.pause, run_id)
    await do(stage, service.step, run_id)
    assert (await stage.play(run_id)).status == "waiting_time"


async def test_R21_breakpoints_are_checked_and_only_for_those_who_steer(stage: Stage) -> None:
    run_id = await begun(stage, drawn([text("a")], "start>a", "a>output"))
    with pytest.raises(Invalid, match="nothere"):
        await do(stage, service.set_breakpoints, run_id, Breakpoints(before=["nothere"]))
    with pytest.raises(WrongState):
        await do(stage, service.step, run_id)
    viewer = (await people.person(stage.by.team_id, "viewer")).by
    async with db.database().transaction() as session:
        with pytest.raises(NotAllowed):
            await service.set_breakpoints(session, viewer, run_id, Breakpoints())
        with pytest.raises(NotAllowed):
            await service.step(session, viewer, run_id)
