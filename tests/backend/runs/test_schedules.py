"""Workflows that begin by the clock: once a time with many workers, what was missed, what waits, and what cannot begin."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.dead_letters import service as letters
from backend.dead_letters.schemas import Given
from backend.runs.models import EventDelivery, Run, TeamEvent
from backend.worker import beginnings, schedules
from backend.workflows import event_starts, versions
from backend.workflows import service as workflows
from backend.workflows.diagram import Diagram
from backend.workflows.models import EventTrigger
from tests.backend.runs.clockwork import DAILY, NIGHT, Hands, looked, timed
from tests.backend.runs.stage import Stage, events, staged
from tests.backend.runs.test_choreography import begun, given_up, published

pytestmark = pytest.mark.db
INPUT = [{"name": "order", "value": "{{ event.data.local }}"}]


@pytest.fixture
async def stage(database: db.Database, hands: Hands) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def again(stage: Stage, workflow_id: str, diagram: Diagram) -> None:
    """Publish it anew."""
    async with db.database().transaction() as session:
        await workflows.replace(session, stage.by, workflow_id, diagram)
        await versions.publish(session, stage.by, workflow_id)


async def next_run(stage: Stage, workflow_id: str) -> datetime | None:
    async with db.database().reading() as session:
        found = await workflows.live(session, [await workflows.get(session, stage.by, workflow_id)])
    return found[workflow_id].next_run_at


async def test_each_time_begins_one_run_and_the_next_is_told(stage: Stage, hands: Hands) -> None:
    daily = await published(stage, timed(DAILY | {"input": INPUT}))
    assert await next_run(stage, daily) == datetime(2027, 3, 1, 8, tzinfo=UTC)
    await hands.to(2027, 3, 1, 7, 59, 59)
    assert await begun(daily) == []
    await hands.to(2027, 3, 1, 8, 0, 1)
    await looked()
    (run,) = await begun(daily)
    assert (run.trigger, run.started_by) == ("schedule", stage.by.account_id)
    assert run.input == {"order": "2027-03-01T09:00:00+01:00"}
    assert (await events(run))[0].data["trigger"] == "schedule"
    assert (await stage.play(run.id)).status == "succeeded"
    assert await next_run(stage, daily) == datetime(2027, 3, 2, 8, tzinfo=UTC)
    await hands.to(2027, 3, 27, 8)
    await hands.to(2027, 3, 28, 7)
    assert [run.input["order"] for run in await begun(daily)][1:] == [
        "2027-03-27T09:00:00+01:00",
        "2027-03-28T09:00:00+02:00",
    ], "09:00 is an hour earlier once clocks are put forward"


async def test_of_times_without_a_worker_the_latest_begins_a_run_or_none(stage: Stage, hands: Hands) -> None:
    latest = await published(stage, timed(DAILY | {"input": INPUT}))
    skips = await published(stage, timed(DAILY | {"input": INPUT, "missed": "skip"}))
    await hands.to(2027, 3, 5, 12, 30)
    (run,) = await begun(latest)
    assert run.input == {"order": "2027-03-05T09:00:00+01:00"}
    assert await begun(skips) == []
    await hands.to(2027, 3, 6, 8, 4)
    assert len(await begun(latest)) == 2
    assert len(await begun(skips)) == 1, "a few minutes late is not missed"


async def test_a_time_that_can_no_longer_be_read_holds_up_no_other(stage: Stage, hands: Hands) -> None:
    broken, daily = await published(stage, timed(DAILY)), await published(stage, timed(DAILY))
    async with db.database().transaction() as session:
        (row,) = await event_starts.schedules(session, broken)
        row.config = row.config | {"zone": "Mars/Olympus"}
    await hands.to(2027, 3, 1, 8, 0, 1)
    assert (len(await begun(daily)), len(await begun(broken))) == (1, 0)
    assert await next_run(stage, broken) is None


async def test_two_workers_at_the_same_time_begin_one_run(
    stage: Stage, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = await published(stage, timed(DAILY))
    hands.at = datetime(2027, 3, 1, 8, tzinfo=UTC)
    both, told = asyncio.Barrier(2), schedules._come

    async def together(*given: Any) -> None:
        await both.wait()
        await told(*given)

    if not db.database().is_sqlite:  # which lets one write at a time, so both cannot be inside
        monkeypatch.setattr(schedules, "_come", together)
    async with asyncio.timeout(60), asyncio.TaskGroup() as workers:
        workers.create_task(schedules.look())
        workers.create_task(schedules.look())
    async with db.database().reading() as session:
        assert len((await session.exec(select(EventDelivery))).all()) == 1
    async with asyncio.timeout(60), asyncio.TaskGroup() as workers:
        workers.create_task(beginnings.look())
        workers.create_task(beginnings.look())
    assert len(await begun(daily)) == 1


async def test_a_time_whose_event_is_there_is_not_told_again(stage: Stage, hands: Hands) -> None:
    daily = await published(stage, timed(DAILY))
    await hands.to(2027, 3, 1, 8)
    async with db.database().transaction() as session:
        for row in (await session.exec(select(EventTrigger))).all():
            row.due_at = hands.at
            session.add(row)
    await looked()
    assert len(await begun(daily)) == 1, "the trigger and the moment are the key"


async def test_while_a_run_goes_on_times_begin_wait_or_are_skipped(stage: Stage, hands: Hands) -> None:
    kinds = [
        await published(stage, timed(DAILY | {"while_running": how, "input": INPUT}))
        for how in ("begin_anyway", "wait", "skip")
    ]
    for day in (1, 2, 3, 4):
        await hands.to(2027, 3, day, 8)
    assert [len(await begun(one)) for one in kinds] == [4, 1, 1]
    for one in kinds[1:]:
        await stage.play((await begun(one))[0].id)
    await looked()
    days = [[run.input["order"][:10] for run in await begun(one)] for one in kinds[1:]]
    assert days == [["2027-03-01", "2027-03-02"], ["2027-03-01"]], "one waited, those behind it were skipped"
    await stage.play((await begun(kinds[1]))[1].id)
    await hands.to(2027, 3, 5, 8)
    assert [(await begun(one))[-1].input["order"][:10] for one in kinds] == ["2027-03-05"] * 3


async def test_what_cannot_begin_is_a_dead_letter_and_goes_on_once_it_is_mended(
    stage: Stage, hands: Hands
) -> None:
    fields = ({"name": "order", "required": True}, {"name": "pieces", "type": "number"})
    wrong = {"name": "pieces", "value": "{{ event.data.zone }}"}
    daily = await published(stage, timed(DAILY | {"input": [*INPUT, wrong]}, fields=fields))
    await hands.to(2027, 3, 1, 8)
    assert await begun(daily) == []
    (letter,) = await given_up(stage)
    assert "The schedule of 2027-03-01T09:00:00+01:00 (Europe/Berlin) could not begin" in letter.message
    assert "input.pieces" in letter.message
    await again(stage, daily, timed(DAILY | {"input": INPUT, "while_running": "skip"}, fields=fields))
    async with db.database().transaction() as session:
        await letters.redrive(session, stage.by, letter.id)
    await looked()
    (run,) = await begun(daily)
    assert (run.trigger, run.input["order"]) == ("schedule", "2027-03-01T09:00:00+01:00")


async def test_a_redriven_time_takes_another_input_and_is_not_skipped(stage: Stage, hands: Hands) -> None:
    fields = ({"name": "pieces", "type": "number"},)
    wrong = [{"name": "pieces", "value": "many"}]
    daily = await published(stage, timed(DAILY | {"input": wrong, "while_running": "skip"}, fields=fields))
    await hands.to(2027, 3, 1, 8)
    (letter,) = await given_up(stage)
    await again(stage, daily, timed(DAILY | {"while_running": "skip"}, fields=fields))
    await hands.to(2027, 3, 2, 8)
    (first,) = await begun(daily)
    async with db.database().transaction() as session:
        await letters.redrive(session, stage.by, letter.id, edited=Given({"pieces": 2}))
    await looked()
    assert len(await begun(daily)) == 1, "it waits for the run that goes on"
    await stage.play(first.id)
    await looked()
    assert (await begun(daily))[1].input == {"pieces": 2}


async def test_publishing_keeps_replaces_and_ends_what_begins_by_the_clock(
    stage: Stage, hands: Hands
) -> None:
    daily = await published(stage, timed(DAILY))
    before = await triggers(daily)
    hands.at = datetime(2027, 3, 1, 8, 0, 1, tzinfo=UTC)
    await again(stage, daily, timed({"cron": "0 0 1 * *"}, DAILY | {"input": INPUT}))
    assert before[0] in await triggers(daily), "the time has come, and nobody has looked yet"
    await looked()
    (run,) = await begun(daily)
    assert run.input == {"order": "2027-03-01T09:00:00+01:00"}
    await again(stage, daily, timed({"cron": "0 0 1 * *"}))
    await hands.to(2027, 3, 2, 8)
    assert len(await begun(daily)) == 1
    assert await next_run(stage, daily) == datetime(2027, 4, 1, tzinfo=UTC)
    await again(stage, daily, timed())
    assert (await triggers(daily), await next_run(stage, daily)) == ([], None)
    await hands.to(2027, 4, 1, 0)
    assert len(await begun(daily)) == 1


async def triggers(workflow_id: str) -> list[str]:
    async with db.database().reading() as session:
        query = select(EventTrigger.id).where(col(EventTrigger.workflow_id) == workflow_id)
        return list((await session.exec(query)).all())


async def test_an_archived_workflow_rests_and_has_missed_nothing(stage: Stage, hands: Hands) -> None:
    daily = await published(stage, timed(DAILY))
    async with db.database().transaction() as session:
        await workflows.archive(session, stage.by, daily)
    assert await next_run(stage, daily) is None
    await hands.to(2027, 3, 3, 12)
    async with db.database().transaction() as session:
        await workflows.unarchive(session, stage.by, daily)
    await looked()
    assert await begun(daily) == []
    await hands.to(2027, 3, 4, 8)
    assert len(await begun(daily)) == 1


async def test_more_times_than_are_looked_at_at_once(stage: Stage, hands: Hands) -> None:
    made = [await published(stage, timed(DAILY)) for _ in range(schedules.AT_ONCE + 2)]
    hands.at = NIGHT + timedelta(hours=6)
    assert await schedules.look() == schedules.AT_ONCE
    assert await schedules.look() == 2
    async with db.database().reading() as session:
        told = (await session.exec(select(TeamEvent))).all()
    assert {(event.name, event.sent_on) for event in told} == {(event_starts.CLOCK, True)}
    assert len(told) == len(made)


async def test_other_events_and_drafts_begin_nothing_by_the_clock(stage: Stage, hands: Hands) -> None:
    async with db.database().transaction() as session:
        workflow = await workflows.create(session, stage.by, timed(DAILY))
    await hands.to(2027, 3, 1, 8)
    async with db.database().reading() as session:
        assert (await session.exec(select(Run).where(col(Run.workflow_id) == workflow.id))).all() == []
