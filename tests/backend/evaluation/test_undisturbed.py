"""What one case, one evaluation or one person does stops no other, and no worker."""

import asyncio
from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.approvals import service as approvals
from backend.approvals.models import Approval
from backend.core import db
from backend.core.errors import Conflict, Invalid
from backend.evaluation import evaluations, from_run, service
from backend.evaluation.models import EvaluationResult
from backend.evaluation.schemas import MOST_COMMENT, CaseOfRun, CaseWish, SetWish
from backend.runs import removal
from backend.runs import service as runs
from backend.worker import evaluations as worker
from backend.worker import looking
from tests.backend.evaluation.test_evaluations import CASES, GREETING, a_set, begun, forget_holds, shown
from tests.backend.runs import made
from tests.backend.runs.stage import staged

pytestmark = pytest.mark.db


async def statuses(evaluation_id: str) -> list[str]:
    query = select(EvaluationResult.status).where(col(EvaluationResult.evaluation_id) == evaluation_id)
    async with db.database().reading() as session:
        return list((await session.exec(query.order_by(col(EvaluationResult.place)))).all())


async def test_a_long_evaluation_holds_up_no_other(database: db.Database) -> None:
    world = await made.world(GREETING)
    long = await begun(world, (await a_set(world, [CASES[0]] * 25)).id)
    wish = SetWish(name="Short", cases=[CaseWish.model_validate(CASES[0])])
    async with database.transaction() as session:
        other = await service.create(session, world.by, world.workflow_id, wish)
    short = await begun(world, other.id)
    assert await worker.look() == 20
    assert (await statuses(long.id)).count("playing") == 8
    await forget_holds()
    assert await worker.look() == 1, "cases for which there is no room are not looked at again and again"
    assert await statuses(short.id) == ["playing"]


async def test_a_case_that_cannot_be_read_holds_up_no_other_and_no_worker(database: db.Database) -> None:
    world = await made.world(GREETING)
    evaluation = await begun(world, (await a_set(world, CASES[:3])).id)
    async with database.transaction() as session:
        first: Any = col(EvaluationResult.place) == 0
        await session.exec(
            update(EvaluationResult).where(first).values(wish={"name": "", "no": "such field"})
        )
    assert await worker.look() == 3
    assert await statuses(evaluation.id) == ["open", "playing", "playing"]


async def test_a_look_that_fails_ends_no_worker() -> None:
    looks, again = [0], asyncio.Event()

    async def look() -> None:
        looks[0] += 1
        if looks[0] == 1:
            raise ExceptionGroup("of several at once", [ValueError("wrong")])
        again.set()

    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(looking.every(0, "this", look))
        await again.wait()
        watch.cancel()


async def test_what_people_said_fits_the_case(database: db.Database, environment: pytest.MonkeyPatch) -> None:
    world = await made.world(GREETING)
    async with staged(world=world) as stage:
        run = await stage.start(given={"name": "Grace"})
        async with database.transaction() as session:
            asked = (await session.exec(select(Approval).where(col(Approval.run_id) == run.id))).one()
            await approvals.decide(session, world.by, asked.id, verdict="approved",
                                   arguments_hash=asked.arguments_hash, comment="Yes. " * 1_000)  # fmt: skip
        await stage.play(run.id)
        async with database.transaction() as session:
            case = await from_run.add(session, world.by, run.id, CaseOfRun())
        assert len(case.answers[0].comment) == MOST_COMMENT
        environment.setattr(from_run, "MOST_ANSWERS", 0)
        async with database.transaction() as session:
            with pytest.raises(Invalid, match="answered this run 1 times"):
                await from_run.add(session, world.by, run.id, CaseOfRun())


async def test_an_evaluation_is_stopped_though_a_run_of_it_is_gone(database: db.Database) -> None:
    world = await made.world(GREETING)
    chosen = await a_set(world, CASES[:2])
    evaluation = await begun(world, chosen.id)
    await worker.look()
    gone = (await shown(world, evaluation.id)).results[0].run_id or ""
    async with database.transaction() as session:
        await runs.cancel(session, world.by, gone)
    assert await removal.remove(gone)
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="is being played"):
            await service.remove(session, world.by, chosen.id)
    async with database.transaction() as session:
        assert (await evaluations.cancel(session, world.by, evaluation.id)).status == "cancelled"
    async with database.transaction() as session:
        await service.remove(session, world.by, chosen.id)
