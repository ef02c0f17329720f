"""Automatic starts that are paused: nothing begins by itself, people and redrives do, and nothing was missed afterwards."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.core.errors import Conflict, NotAllowed
from backend.dead_letters import service as letters
from backend.dead_letters.schemas import Given
from backend.identity.models import AuditEntry
from backend.identity.principal import Principal
from backend.runs import starting
from backend.runs.models import EventDelivery
from backend.workflows import pausing, versions
from backend.workflows import service as workflows
from backend.workflows.models import Workflow
from tests.backend.runs import clockwork
from tests.backend.runs.clockwork import DAILY, Hands, timed
from tests.backend.runs.stage import Stage, staged
from tests.backend.runs.test_choreography import beginning, begun, given_up, looked, placed, published

pytestmark = pytest.mark.db
PLACED = {"topic": "order.placed", "key": "{{ event.data.order }}", "one_at_a_time": True}


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def paused(stage: Stage, workflow_id: str) -> Workflow:
    async with db.database().transaction() as session:
        return await pausing.pause(session, stage.by, workflow_id)


async def resumed(stage: Stage, workflow_id: str) -> Workflow:
    async with db.database().transaction() as session:
        return await pausing.resume(session, stage.by, workflow_id)


async def live(stage: Stage, workflow_id: str) -> workflows.Live:
    async with db.database().reading() as session:
        found = await workflows.live(session, [await workflows.get(session, stage.by, workflow_id)])
    return found[workflow_id]


async def test_times_that_pass_meanwhile_begin_nothing_and_were_not_missed(
    stage: Stage, hands: Hands
) -> None:
    daily, other = await published(stage, timed(DAILY)), await published(stage, timed(DAILY))
    since = (await paused(stage, daily)).starts_paused_at
    assert since == hands.at
    await hands.to(2027, 3, 1, 7)
    assert (await paused(stage, daily)).starts_paused_at == since, "once more changes nothing"
    shown = await live(stage, daily)
    assert (shown.begins_itself, shown.next_run_at) == (True, None)
    async with db.database().transaction() as session:
        await workflows.replace(session, stage.by, daily, timed(DAILY | {"missed": "run_latest"}))
        await versions.publish(session, stage.by, daily)
    await hands.to(2027, 3, 3, 8, 1)
    assert (await begun(daily), len(await begun(other))) == ([], 1), "also after a publishing"
    await resumed(stage, daily)
    await clockwork.looked()
    assert await begun(daily) == []
    await hands.to(2027, 3, 4, 8)
    assert len(await begun(daily)) == 1


async def test_events_that_come_meanwhile_begin_nothing_and_those_before_wait(stage: Stage) -> None:
    listens = await published(stage, beginning(PLACED))
    await placed(stage, order="A", pieces=1)
    await placed(stage, order="A", pieces=2)
    (first,) = await begun(listens)
    await paused(stage, listens)
    await placed(stage, order="B", pieces=3)
    assert (await stage.play(first.id)).status == "succeeded"
    await looked()
    assert len(await begun(listens)) == 1
    await resumed(stage, listens)
    await looked()
    assert [run.input["pieces"] for run in await begun(listens)] == [1, 2]
    await placed(stage, order="B", pieces=4)
    assert [run.input["pieces"] for run in await begun(listens)] == [1, 2, 4]


async def test_people_start_it_and_redrive_what_could_not_begin(stage: Stage) -> None:
    listens = await published(stage, beginning(PLACED))
    await placed(stage, pieces="many")
    (letter,) = await given_up(stage)
    await paused(stage, listens)
    async with db.database().transaction() as session:
        await starting.start(session, stage.by, workflow_id=listens, input={"order": "C", "pieces": 1})
        await letters.redrive(session, stage.by, letter.id, edited=Given({"order": "A", "pieces": 2}))
    await looked()
    assert sorted(run.input["order"] for run in await begun(listens)) == ["A", "C"]
    async with db.database().reading() as session:
        kept = (await session.exec(select(EventDelivery.status))).all()
    assert kept == ["started"]


async def test_it_is_audited_once_and_refused_where_it_may_not_be(stage: Stage) -> None:
    listens = await published(stage, beginning(PLACED))
    for change in (paused, paused, resumed, resumed):
        await change(stage, listens)
    async with db.database().reading() as session:
        of = select(AuditEntry.action).where(col(AuditEntry.subject) == listens)
        assert (await session.exec(of.order_by(col(AuditEntry.number)))).all() == [
            "workflow.starts_paused",
            "workflow.starts_resumed",
        ]
    viewer = Principal(stage.by.team_id, stage.by.account_id, "v", ("viewer",), "session")
    async with db.database().transaction() as session:
        with pytest.raises(NotAllowed):
            await pausing.pause(session, viewer, listens)
        await workflows.archive(session, stage.by, listens)
        with pytest.raises(Conflict, match="archived"):
            await pausing.resume(session, stage.by, listens)
