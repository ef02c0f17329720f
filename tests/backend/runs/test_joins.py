"""A join with a time limit: set once, kept over restarts, and over when all have come."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.runs import signals
from backend.runs.models import Run, RunEvent
from backend.runs.schemas import SendSignal
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs.stage import Stage, drawn, outputs, staged, text

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


def late(**more: object) -> Diagram:
    """One branch comes at once, the other with an event."""
    nodes = [text("quick"), Node(id="slow", kind="wait_for_event", config={"event": "come"}),
             Node(id="join", kind="join", config={"timeout": 3600, **more})]  # fmt: skip
    return drawn(nodes, "start>quick", "start>slow", "quick>join", "slow.received>join", "join>output")


async def comes(stage: Stage, run: Run) -> Run:
    """The other branch goes on."""
    async with db.database().transaction() as session:
        await signals.send(session, stage.by, run.id, SendSignal(name="come"))
    return await stage.play(run.id)


async def an_hour_later(stage: Stage, run: Run) -> Run:
    """The moment that the history holds is over, and another process takes the run up."""
    assert (run.status, run.wake_at is not None) == ("waiting_event", True), run.error
    async with db.database().transaction() as session:
        query = select(RunEvent).where(col(RunEvent.run_id) == run.id, col(RunEvent.node_id) == "join")
        (told,) = (await session.exec(query)).all()
        told.data = told.data | {"until": "2026-01-01T00:00:00+00:00"}
        session.add(told)
        row = await session.get_one(Run, run.id)
        row.wake_at = row.created_at
        session.add(row)
    return await stage.play(run.id)


async def test_a_join_goes_on_with_those_that_came_in_time(stage: Stage) -> None:
    run = await an_hour_later(stage, await stage.start(late()))
    assert run.status == "waiting_event", "the late branch runs to its end"
    assert (await outputs(run))["join"] == {"quick": {"text": "quick"}}
    run = await comes(stage, run)
    assert (run.status, (await outputs(run))["join"]) == ("succeeded", {"quick": {"text": "quick"}})
    replay = await stage.replay(run)
    assert (replay.status, replay.diverged) == ("succeeded", None)
    assert (await outputs(replay))["join"] == {"quick": {"text": "quick"}}


async def test_a_quorum_that_is_not_reached_in_time_goes_on_or_fails(stage: Stage) -> None:
    run = await an_hour_later(stage, await stage.start(late(mode="count", count=2)))
    assert (await outputs(run))["join"] == {"quick": {"text": "quick"}}
    run = await an_hour_later(stage, await stage.start(late(after_that="fail")))
    assert run.status == "failed"
    assert run.error is not None
    assert (run.error["code"], run.error["node_id"]) == ("join_timed_out", "join")
    assert "3600 seconds after the first branch; 1 had come" in run.error["message"]


async def test_a_join_that_all_have_reached_waits_no_longer(stage: Stage) -> None:
    run = await comes(stage, await stage.start(late()))
    assert run.status == "succeeded", run.error
    assert set((await outputs(run))["join"]) == {"quick", "slow"}
