"""Big inputs and outputs are stored once, apart from the run's row, and every reader gets them whole."""

from typing import Any

import pytest
from sqlmodel import col, func, select, update

from backend.core import db
from backend.engine import values
from backend.runs import arrivals, last_data, payloads, removal, service
from backend.runs.arrivals import Start
from backend.runs.models import Blob, BlobUse, Run
from tests.backend.runs import made

pytestmark = pytest.mark.db
BIG: dict[str, Any] = {"text": "-".join(str(n) for n in range(20_000)), "n": 1}


@pytest.fixture(autouse=True)
def _on(database: db.Database) -> None:
    """Every test plays on both databases."""


async def rows(table: Any) -> int:
    async with db.database().reading() as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_a_big_input_is_stored_once_and_read_whole_by_all() -> None:
    world = await made.world()
    told = [await arrivals.start(Start(world.by, world.workflow_id, BIG)) for _ in range(2)]
    assert [run.input for run in told] == [BIG, BIG]
    once = await rows(Blob)
    assert await rows(BlobUse) == 2 * once
    run = await made.state(told[0].id)
    assert payloads.is_reference(run.input)
    assert run.bytes > len(BIG["text"])
    async with db.database().transaction() as session:
        assert (await service.get(session, world.by, run.id)).input == BIG
        assert (await last_data.of(session, world.by, world.workflow_id)).input == BIG
    assert (await arrivals.result(world.by, told[1])).input == BIG


async def test_a_start_that_is_repeated_with_a_big_input_gives_the_same_run() -> None:
    world = await made.world()
    start = Start(world.by, world.workflow_id, BIG, idempotency_key="k")
    first, again = await arrivals.start(start), await arrivals.start(start)
    assert (first.id, first.input) == (again.id, again.input)
    assert again.input == BIG


async def test_what_only_looks_like_a_reference_comes_back_as_it_was() -> None:
    world = await made.world()
    odd = {values.REF: "0" * 64, "bytes": 7}
    assert (await arrivals.start(Start(world.by, world.workflow_id, odd))).input == odd


async def test_with_the_run_go_its_values() -> None:
    world = await made.world()
    run = await arrivals.start(Start(world.by, world.workflow_id, BIG))
    async with db.database().transaction() as session:
        await session.exec(update(Run).where(col(Run.id) == run.id).values(status="cancelled"))
    assert await removal.remove(run.id)
    assert (await rows(Blob), await rows(BlobUse)) == (0, 0)
