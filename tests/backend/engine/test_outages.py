"""A part of the installation is away: steps wait for it, say so, are charged nothing, and give up in the end."""

import asyncio

import pytest

from backend.core.settings import settings
from backend.engine import outages
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "_SHORTEST", 0.02)


async def test_a_step_outlasts_what_is_away_and_is_charged_no_attempt(world: World) -> None:
    world.seen.away = 3
    outcome, run = await world.play(drawn(("n", "needy")))
    assert (outcome.status, outcome.output) == ("succeeded", 1)
    assert (await world.steps(run))["n"].attempt == 1
    events = [e for e in await world.events(run) if e.node_id]
    kinds = ["step.started", *["step.retrying"] * 3, "step.succeeded"]
    assert [(e.kind, e.attempt) for e in events] == [(kind, 1) for kind in kinds]
    told = events[1].data
    assert told["error"]["message"] == "Redis does not answer."
    assert told["error"]["fix"]
    assert len({e.data["away_since"] for e in events[1:4]}) == 1


async def test_what_stays_away_too_long_fails_the_step_with_its_sentence(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OUTAGE_SECONDS", "0.1")
    settings.cache_clear()
    world.seen.away = 1_000_000
    retry = {"max_attempts": 5, "backoff_seconds": 0}
    outcome, run = await world.play(drawn(("n", "needy", {"retry": retry})))
    assert outcome.error is not None
    assert (outcome.status, outcome.error["message"]) == ("failed", "Redis does not answer.")
    assert (await world.steps(run))["n"].attempt == 1, "no further attempts: it has waited long enough"


async def test_the_waiting_goes_on_in_another_process_as_one_outage(hasty: World) -> None:
    world = hasty
    world.seen.away = (
        1_000_000  # until it has been told to stop: on a slow machine it would be there again before
    )
    run = await world.run(drawn(("n", "needy"), "x", wires="n>x"))
    playing = asyncio.create_task(world.engine.play(run))
    while (await world.row(run)).last_seq < 3:
        await asyncio.sleep(0.005)
    world.engine.stop(run.run_id, "drain")
    await playing
    world.seen.away = 1
    async with asyncio.timeout(60):
        while (
            outcome := await world.again(run)
        ).status == "waiting":  # a slow machine may send it to sleep again
            await asyncio.sleep(0.05)
    assert outcome.status == "succeeded"
    retrying = [e for e in await world.events(run) if e.kind == "step.retrying"]
    assert len({e.data["away_since"] for e in retrying}) == 1
    begun = [e.attempt for e in await world.events(run) if e.kind == "step.started"]
    assert len(begun) > 1
    assert set(begun) == {1}


async def test_a_cancel_ends_the_waiting(world: World) -> None:
    world.seen.away = 1_000_000
    run = await world.run(drawn(("n", "needy")))
    playing = asyncio.create_task(world.engine.play(run))
    while (await world.row(run)).last_seq < 3:
        await asyncio.sleep(0.005)
    world.engine.stop(run.run_id, "cancel")
    assert (await playing).status == "cancelled"
