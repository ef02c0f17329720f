"""R02, R05, R06: filters of the list, how many ran when, and the same done to many runs."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from backend.core import clock, db
from backend.core.errors import NotAllowed
from backend.runs import bulk, density, service
from backend.runs.bulk import ActOnMany
from backend.runs.filters import Filter
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs import made

pytestmark = pytest.mark.db


@pytest.fixture
async def world(database: db.Database) -> made.World:
    return await made.world(Diagram(name="Empty", nodes=(Node(id="start", kind="start"),)))


async def ids(world: made.World, **wanted: Any) -> list[str]:
    async with db.database().reading() as session:
        return [run.id for run in (await service.list_(session, world.by, Filter(**wanted))).items]


async def test_R02_by_what_started_it_by_whom_and_when(world: made.World) -> None:
    now = clock.now()
    old = await made.run(world, "succeeded", trigger="api", created_at=now - timedelta(days=2))
    new = await made.run(world, "failed", trigger="manual", created_at=now - timedelta(minutes=5))
    assert await ids(world, triggers=("api",)) == [old]
    assert await ids(world, since=now - timedelta(hours=1)) == [new]
    assert await ids(world, until=now - timedelta(hours=1)) == [old]
    assert await ids(world, started_by=world.by.account_id) == [new, old]
    assert await ids(world, started_by="acc_nobody") == []


async def test_R05_runs_are_counted_by_their_beginning_and_outcome(world: made.World) -> None:
    now = clock.now()
    for minutes, status in ((30, "failed"), (30, "succeeded"), (5, "failed"), (600, "failed")):
        await made.run(world, status, created_at=now - timedelta(minutes=minutes))
    async with db.database().reading() as session:
        bars = await density.bars(session, world.by, Filter(), 1)
        failed = await density.bars(session, world.by, Filter(statuses=("failed",)), 1)
    assert len(bars) == density.BARS
    assert sum(bar.total for bar in bars) == 3
    assert {"failed": 1, "succeeded": 1} in [bar.by_status for bar in bars]
    assert sum(bar.total for bar in failed) == 2


async def test_R06_each_is_done_by_itself_and_the_report_tells_why_one_was_not(world: made.World) -> None:
    waiting, over = await made.run(world, "queued"), await made.run(world, "succeeded")
    wanted = ActOnMany(action="cancel", run_ids=[waiting, over, waiting, "run_nowhere"])
    report = await bulk.act(world.by, wanted)
    assert (report.done, report.refused) == (1, 2)
    assert [(one.run_id, one.done) for one in report.items] == [
        (waiting, True),
        (over, False),
        ("run_nowhere", False),
    ]
    assert "has ended" in report.items[1].message
    assert (await made.state(waiting)).status == "cancelled"
    viewer = (await people.person(world.by.team_id, "viewer")).by
    with pytest.raises(NotAllowed):
        await bulk.act(viewer, wanted)


def test_an_id_that_no_database_can_look_for_is_refused_before_anything_is_done() -> None:
    for wrong in ("a\0b", "\ud800"):
        with pytest.raises(ValidationError, match="must not hold"):
            ActOnMany(action="cancel", run_ids=["run_1", wrong])
