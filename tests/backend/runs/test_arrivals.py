"""Starts that arrive together: each is stored whole, each has its own answer, and one that is wrong hinders no other."""

import asyncio
from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.core import clock, db
from backend.core.errors import Conflict, Invalid, NotFound
from backend.nodes.fields import FormField
from backend.runs import arrivals, limits, repository
from backend.runs.arrivals import Start
from backend.runs.limits import Limits
from backend.runs.models import Run
from backend.runs.schemas import RunPublic
from backend.workflows import versions
from backend.workflows.diagram import Node
from backend.workflows.models import Version, Workflow
from tests.backend.runs import made

pytestmark = pytest.mark.db


async def stored(team_id: str) -> list[Run]:
    async with db.database().reading() as session:
        found = await session.exec(select(Run).where(col(Run.team_id) == team_id).order_by(col(Run.id)))
        return list(found.all())


async def form() -> made.World:
    """A workflow that asks for a number."""
    field = FormField(name="n", type="number", required=True).model_dump(mode="json")
    return await made.world(made.chain(Node(id="start", kind="start", config={"fields": [field]})))


@pytest.fixture(autouse=True)
def _on(database: db.Database) -> None:
    """Every test plays on both databases."""


async def test_those_that_are_right_are_stored_and_each_that_is_wrong_hears_why() -> None:
    world, other = await form(), await made.world()
    wanted = [Start(world.by, world.workflow_id, {"n": n}) for n in range(5)]
    wanted.insert(2, Start(world.by, world.workflow_id, {"n": "many"}))
    wanted.insert(4, Start(other.by, world.workflow_id, {"n": 1}))
    answers = await asyncio.gather(*(arrivals.start(one) for one in wanted), return_exceptions=True)
    assert isinstance(answers.pop(4), NotFound)
    assert isinstance(answers.pop(2), Invalid)
    runs = [answer for answer in answers if isinstance(answer, RunPublic)]
    assert [run.input for run in runs] == [{"n": n} for n in range(5)]
    assert {run.workflow_name for run in runs} == {"Chain"}
    rows = await stored(world.by.team_id)
    assert sorted(row.id for row in rows) == sorted(run.id for run in runs)
    assert {(row.status, row.last_seq) for row in rows} == {("queued", 1)}
    async with db.database().reading() as session:
        for run in runs:
            (event,) = await repository.events_after(session, world.by.team_id, run.id, 0, 10)
            assert (event.kind, event.seq, event.data["trigger"]) == ("run.queued", 1, "manual")


async def test_a_key_that_arrives_many_times_at_once_starts_one_run() -> None:
    world = await form()
    starts = [Start(world.by, world.workflow_id, {"n": 1}, idempotency_key="one") for _ in range(6)]
    beside = Start(world.by, world.workflow_id, {"n": 2}, idempotency_key="one")
    answers = await asyncio.gather(
        *(arrivals.start(one) for one in [*starts, beside]), return_exceptions=True
    )
    assert isinstance(answers.pop(), Conflict)
    ids = {answer.id for answer in answers if isinstance(answer, RunPublic)}
    assert [row.id for row in await stored(world.by.team_id)] == list(ids)
    assert len(answers) == 6


async def test_a_result_is_read_by_its_team_alone() -> None:
    world, other = await form(), await made.world()
    run = await arrivals.start(Start(world.by, world.workflow_id, {"n": 1}))
    async with db.database().transaction() as session:
        await repository.move(session, run.id, "cancelled")
    mine, theirs = await asyncio.gather(
        arrivals.result(world.by, run), arrivals.result(other.by, run), return_exceptions=True
    )
    assert isinstance(mine, RunPublic)
    assert mine.status == "cancelled"
    assert isinstance(theirs, NotFound)


async def test_a_start_plays_what_is_published_now_as_urgently_as_is_set_now() -> None:
    """Versions are kept in memory; which of them is published, and under what name, is asked with every start."""
    world = await form()
    start = Start(world.by, "flow", {"n": 1})
    first = await arrivals.start(start)
    assert (first.version_id, first.version_number, first.priority) == (world.version_id, 1, "normal")
    newer = await made.version(world.by, world.workflow_id, made.chain(Node(id="start", kind="start")))
    async with db.database().transaction() as session:
        workflow = await session.get_one(Workflow, world.workflow_id)
        workflow.published_version_id, workflow.name = newer, "Renamed"
        await limits.limit_team(session, world.by, Limits(priority="low"))
    second = await arrivals.start(start)
    assert (second.version_id, second.version_number, second.workflow_name) == (newer, 2, "Renamed")
    assert second.priority == "low"
    async with db.database().transaction() as session:
        (await session.get_one(Workflow, world.workflow_id)).archived_at = clock.now()
        await limits.limit_workflow(session, world.by, "flow", Limits(priority="high"))
    with pytest.raises(Conflict, match="archived"):
        await arrivals.start(start)
    async with db.database().transaction() as session:
        (await session.get_one(Workflow, world.workflow_id)).archived_at = None
    assert (await arrivals.start(start)).priority == "high"


async def test_a_version_that_is_no_diagram_is_told_so() -> None:
    world = await made.world()
    async with db.database().transaction() as session:
        row: Any = col(Version.id) == world.version_id
        await session.exec(update(Version).where(row).values(diagram=["spoilt"]))
    async with db.database().reading() as session:
        with pytest.raises(Invalid, match="Version 1 cannot be read"):
            await versions.shown(session, world.by, world.workflow_id, "1")


def test_published_versions_are_kept_by_what_they_weigh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "KEPT_BYTES", 1000)
    kept = arrivals.Kept()
    for name, size in (("a", 400), ("b", 400), ("a", 400), ("c", 400), ("d", 2000)):
        kept.keep(Version(id=name, diagram={"text": "x" * size}))  # pyright: ignore[reportCallIssue]
        if name == "c":
            assert [kept.get(one) is not None for one in "abc"] == [True, False, True]
    assert [kept.get(one) for one in "abcd"] == [None] * 4
