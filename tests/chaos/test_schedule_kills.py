"""A worker dies on the way from a time that has come to its run: there is one run at the end, and it ends well."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from backend.core import clock, db, failpoints
from backend.runs.models import EventDelivery, Run
from backend.workflows import service as workflows
from backend.workflows import versions
from backend.workflows.diagram import Diagram, Node, Wire
from backend.workflows.models import EventTrigger
from tests.backend.runs import made
from tests.backend.worker.house import House
from tests.chaos.test_failpoints import dies

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]


def half_a_year_ago() -> datetime:
    """The first of a month, so that the same day of the next year is far away as well."""
    now = clock.now()
    month = (now.month + 5) % 12 + 1
    return datetime(now.year - (month >= now.month), month, 1, tzinfo=UTC)


async def due(by: made.World, at: datetime) -> str:
    """A workflow that begins once a year, whose time has come; its id."""
    yearly = {"cron": f"0 0 1 {at.month} *", "input": [{"name": "at", "value": "{{ event.at }}"}]}
    nodes = (Node(id="start", kind="start", config={"schedules": [yearly]}), Node(id="output", kind="output"))
    drawn = Diagram(name="Each year", nodes=nodes, wires=(Wire(source="start", target="output"),))
    async with db.database().transaction() as session:
        workflow = await workflows.create(session, by.by, drawn)
        await versions.publish(session, by.by, workflow.id)
        (row,) = (await session.exec(select(EventTrigger))).all()
        row.due_at = at
        session.add(row)
    return workflow.id


async def test_a_death_between_the_time_and_its_run_loses_and_repeats_nothing(house: House) -> None:
    at = half_a_year_ago()
    workflow_id = await due(await made.world(), at)
    for place in failpoints.TIMED:
        await dies(house, place)
        async with db.database().reading() as session:
            begun = (await session.exec(select(Run.id).where(col(Run.workflow_id) == workflow_id))).all()
        assert begun == [], f"{place} is before the commit of the run"
    living = [house.failing("-"), house.failing("-")]
    async with asyncio.timeout(120):
        while not (runs := await _begun(workflow_id)):
            await asyncio.sleep(0.05)
    run = await house.ended(runs[0].id)
    for process in living:
        house.kill(process)
    (run,) = await _begun(workflow_id)
    assert (run.status, run.trigger) == ("succeeded", "schedule"), house.logs()
    assert run.output["at"].startswith(f"{at:%Y-%m-%d}"), run.output
    async with db.database().reading() as session:
        (delivery,) = (await session.exec(select(EventDelivery))).all()
    assert (delivery.status, delivery.run_id) == ("started", run.id)


async def _begun(workflow_id: str) -> list[Run]:
    async with db.database().reading() as session:
        return list((await session.exec(select(Run).where(col(Run.workflow_id) == workflow_id))).all())
