"""Starting a run over HTTP and waiting for it."""

import asyncio

import pytest

from backend.core import db
from backend.runs import repository
from backend.runs.endings import Endings
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def _on(database: db.Database) -> None:
    """Every test plays on both databases."""


async def test_who_waits_in_vain_is_told_how_far_the_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, over = list[float](), asyncio.Event()

    async def wait(_self: Endings, _run_id: str, seconds: float) -> bool:
        waited.append(seconds)
        await over.wait()
        return False

    monkeypatch.setattr(Endings, "wait", wait)
    world = await made.world()
    async with serving() as port, calling(port, world.by) as caller:
        path = f"/workflows/{world.workflow_id}/runs"
        asking = asyncio.ensure_future(caller.http.post(f"{path}?wait=3", json={"input": {}}))
        while not (runs := (await caller.http.get("/runs")).json()["items"]):
            await asyncio.sleep(0.02)
        async with db.database().transaction() as session:
            assert await repository.move(session, runs[0]["id"], "running")
            assert await repository.move(session, runs[0]["id"], "waiting_event")
        over.set()
        answer = await asking
    assert waited == [3]
    assert answer.status_code == 202
    assert answer.json()["status"] == "waiting_event"
