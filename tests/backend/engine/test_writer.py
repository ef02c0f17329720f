"""The writer under trouble: listeners that fail, connections that are lost, values that the database cannot take."""

import asyncio
from typing import Any

import asyncpg
import pytest

from backend.core import clock
from backend.engine.compile import compiled
from backend.engine.ports import NewEvent
from backend.engine.records import Commit, StoreLost
from backend.engine.writer_postgres import PostgresStore
from backend.workflows.diagram import Diagram
from tests.backend.engine.kinds import chain
from tests.backend.engine.world import World

pytestmark = pytest.mark.db
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'quadrille writer'"
)


async def test_a_listener_that_fails_stops_nobody(world: World) -> None:
    def broken(run_id: str, events: list[dict[str, Any]]) -> None:
        raise ValueError(run_id)

    world.writer.committed = broken
    outcome, _ = await world.play(chain(3))
    assert outcome.status == "succeeded"


async def test_many_runs_share_transactions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [await world.run(chain(4)) for _ in range(40)]
    store = world.writer._store
    apply, sizes = store.apply, []

    async def counted(batch: Any) -> Any:
        sizes.append(len(batch))
        return await apply(batch)

    monkeypatch.setattr(store, "apply", counted)
    outcomes = await asyncio.gather(*(world.engine.play(run) for run in runs))
    assert {o.status for o in outcomes} == {"succeeded"}
    assert len(sizes) * 5 < sum(sizes)
    for run in runs:
        await world.events(run)


async def test_a_lost_connection_is_made_anew(world: World) -> None:
    if world.database.is_sqlite:
        pytest.skip("SQLite has no connection to lose")
    run = await world.run(chain(1))
    await world.writer.submit(_event(run.run_id, world))
    await world.scalar(CUT)
    await world.writer.submit(_event(run.run_id, world))
    assert (await world.row(run)).last_seq == 2


async def test_connections_may_be_lost_in_the_middle_of_batches(world: World) -> None:
    if world.database.is_sqlite:
        pytest.skip("SQLite has no connection to lose")
    run = await world.run(chain(1))
    sent, enough = list[asyncio.Future[None]](), asyncio.Event()

    async def send() -> None:
        while not enough.is_set():
            sent.extend(world.writer.submit(_event(run.run_id, world)) for _ in range(50))
            await asyncio.wait(sent[-1:])

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        for _ in range(8):
            await world.scalar(CUT)
        enough.set()
    ended = await asyncio.gather(*sent, return_exceptions=True)
    refused = [one for one in ended if one is not None]
    assert all(isinstance(one, StoreLost) for one in refused), refused
    stored = (await world.row(run)).last_seq
    assert len(ended) - len(refused) <= stored <= len(ended), (
        "what was told stored is there, nothing is twice"
    )
    assert await world.scalar("SELECT count(*) FROM run_event") == stored


async def test_a_connection_in_a_broken_state_is_made_anew(world: World) -> None:
    store = world.writer._store
    if not isinstance(store, PostgresStore):
        pytest.skip("SQLite has no connection to lose")
    run = await world.run(chain(1))
    await world.writer.submit(_event(run.run_id, world))
    for broken in (asyncpg.InternalClientError("cannot switch to state 15"), OSError("reset by peer")):
        await store.close()
        store._connection = Broken(broken)
        await world.writer.submit(_event(run.run_id, world))
    assert (await world.row(run)).last_seq == 3


class Broken:
    """What is left of a connection whose driver has lost track of it: it fails whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def is_closed(self) -> bool:
        return False

    def transaction(self) -> "Broken":
        return self

    async def start(self) -> None:
        raise self.error

    async def close(self, *, timeout: float) -> None:  # noqa: ASYNC109 - asyncpg's own
        raise self.error

    def terminate(self) -> None:
        pass


def _event(run_id: str, world: World) -> Commit:
    return Commit(run_id, world.team_id, 1, clock.now(), [NewEvent("run.started")])


async def test_a_diagram_of_ten_thousand_nodes_is_compiled_once(world: World) -> None:
    diagram = Diagram.model_validate(chain(10_000))
    program = compiled(diagram, world.kinds).program
    assert program.size == 10_000
    assert compiled(diagram, world.kinds).program is program


async def test_a_long_chain_needs_no_deep_stack(world: World) -> None:
    outcome, run = await world.play(chain(2_000))
    assert outcome.output == "n1999"
    assert (await world.row(run)).last_seq == 2 + 2 * 2_000
