"""A policy performs what a slow model of one plan takes its time for, while other plans are seen to."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlmodel import col, select

from backend.core import db
from backend.planning.models import PlanVersion
from backend.planning.watch_models import PlanAdaptation
from backend.planning.watching import policy
from backend.planning.watching.policy import Policy
from backend.worker import plans as watcher
from tests.backend.planning.test_asking import answer as planned_by_it
from tests.backend.planning.test_asking import task
from tests.backend.planning.test_watching import Planned, planned
from tests.conftest import forget_settings
from tests.http_server import openai_stream, serving

pytestmark = pytest.mark.usefixtures("nobody_embeds", "solved_here")


async def test_a_slow_model_of_one_plan_holds_up_no_other(
    sqlite_database: db.Database, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr(watcher, "LOOK_SECONDS", 0.05)
    asked, speak = asyncio.Event(), asyncio.Event()
    reply = openai_stream(planned_by_it(task("write"), task("check", needs=("write",))))
    reply.until = speak
    async with serving(lambda _: asked.set() or reply) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
        forget_settings()
        slow = await late(model="compatible:planner")
        watching = asyncio.ensure_future(watcher.watch())
        try:
            async with asyncio.timeout(60):
                await asked.wait()
            quick = await late()
            await until(lambda: state(quick), "done")
            assert await state(slow) == "proposed", "its model has not answered yet"
            assert len(server.asked) == 1, "while it waits it is not begun again"
            speak.set()
            await until(lambda: state(slow), "done")
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def late(**source: str) -> Planned:
    """A run that will miss its deadline, of a plan whose policy sees to that."""
    one = await planned(ago=300, deadline_seconds=400)
    async with db.database().transaction() as session:
        row = await session.get_one(PlanVersion, (one.plan_id, 1))
        if source:
            row.body = {**row.body, "source": "model", **source}
        session.add(row)
        wish = Policy(replan="perform", most_added_cost=10)
        await policy.write(session, one.world.by, one.plan_id, wish)
    return one


async def state(one: Planned) -> str:
    async with db.database().reading() as session:
        query = select(PlanAdaptation.state).where(
            col(PlanAdaptation.run_id) == one.run_id, col(PlanAdaptation.kind) == "replan"
        )
        return (await session.exec(query)).first() or ""


async def until(told: Callable[[], Awaitable[str]], wanted: str) -> None:
    async with asyncio.timeout(120):
        while await told() != wanted:
            await asyncio.sleep(0.05)
