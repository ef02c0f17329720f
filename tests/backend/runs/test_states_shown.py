"""R04, R15, R18: what a status alone does not tell, the budget and trace of a run, and what HTTP requests leave in the log."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import db
from backend.core.settings import settings
from backend.monitoring import budget, service
from backend.monitoring.schemas import AlarmWish
from backend.runs import service as runs
from backend.runs import starting
from backend.runs.filters import Filter
from backend.runs.models import Run
from backend.runs.schemas import Breakpoints
from backend.worker import orphans
from backend.workflows.diagram import Node
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, staged, text
from tests.http_server import Answer, Asked, Server, json_answer, serving

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    async with staged() as found:
        yield found


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    def answer(asked: Asked) -> Answer:
        return Answer(503, b"busy") if asked.path.startswith("/busy") else json_answer({"ok": True})

    async with serving(answer) as found:
        yield found


async def listed(stage: Stage, *states: Any) -> list[str]:
    async with db.database().reading() as session:
        return [run.id for run in (await runs.list_(session, stage.by, Filter(states))).items]


def broken(**more: Any) -> Node:
    return Node(id="broken", kind="code", config={"source": "1 // 0"}, **more)


async def test_R04_a_run_that_went_around_an_error_has_warnings(stage: Stage) -> None:
    default = broken(on_error="default", default_output=7)
    run = await stage.start(drawn([default, text("a")], "start>broken", "broken>a", "a>output"))
    fine = await stage.start(drawn([text("a")], "start>a", "a>output"), slug="fine")
    assert (run.status, run.shown_as, fine.shown_as) == ("succeeded", "warnings", None)
    assert await listed(stage, "warnings") == [run.id]
    assert set(await listed(stage, "succeeded")) == {run.id, fine.id}


async def test_R04_warnings_of_an_earlier_stretch_count(stage: Stage) -> None:
    default = broken(on_error="default", default_output=7)
    diagram = drawn([default, text("a")], "start>broken", "broken>a", "a>output")
    world = await made.published(stage.by, diagram, "stretched")
    async with db.database().transaction() as session:
        run_id = (await starting.start(session, stage.by, workflow_id=world.workflow_id, input={})).id
        await runs.set_breakpoints(session, stage.by, run_id, Breakpoints(before=["a"]))
    assert (await stage.play(run_id)).status == "paused"
    async with db.database().transaction() as session:
        await runs.resume(session, stage.by, run_id)
    run = await stage.play(run_id)
    assert (run.status, run.shown_as) == ("succeeded", "warnings")


async def test_R04_a_run_that_took_too_long_is_told_from_one_that_failed(stage: Stage) -> None:
    script = "turns:\n  - {say: 'late', delay_seconds: 30}"
    config = {"model": "scripted/script", "script": script, "prompt": "Hello"}
    slow = Node(id="slow", kind="chat_model", config=config, timeout_seconds=0.1)
    late = await stage.start(drawn([slow], "start>slow", "slow>output"))
    bad = await stage.start(drawn([broken()], "start>broken", "broken>output"), slug="bad")
    assert (late.status, late.shown_as, bad.status, bad.shown_as) == ("failed", "timed_out", "failed", None)
    assert await listed(stage, "timed_out") == [late.id]


async def test_R04_a_run_whose_worker_died_is_recovering_until_it_is_played(stage: Stage) -> None:
    run_id = await made.run(stage.world, worker_id="wkr_gone")
    await orphans.requeue_all()
    run = await made.state(run_id)
    assert (run.status, run.shown_as) == ("queued", "recovering")
    assert await listed(stage, "recovering") == [run_id]
    await stage.claimed(run_id)
    assert ((await made.state(run_id)).status, (await made.state(run_id)).shown_as) == ("running", None)


async def test_R15_the_budget_is_what_its_agents_may_spend_or_what_an_alarm_allows(
    stage: Stage, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_MODEL_PRICES", "scripted/script=1000000/1000000")
    settings.cache_clear()
    script = "turns:\n  - {say: 'Done'}"
    config = {"task": "Do it", "model": "scripted/script", "script": script, "max_tokens": 500, "max_cost": 2}
    agent = Node(id="agent", kind="agent", config=config)
    run = await stage.start(drawn([agent], "start>agent", "agent>output"))
    assert run.status == "succeeded"
    found = await allowed(stage, run)
    assert (found.most_tokens, found.most_cost, found.set_by) == (500, 2, "agents")
    assert found.cost == found.tokens > 0
    assert f"{found.tokens:,} of 500 tokens, ${found.cost:.4f} of $2" == found.words()
    assert found.share() == found.cost / 2
    async with db.database().transaction() as session:
        await service.create(session, stage.by, AlarmWish(kind="cost_per_run", threshold=0.5))
    assert ((await allowed(stage, run)).most_cost, (await allowed(stage, run)).set_by) == (0.5, "alarm")
    other = await stage.start(drawn([text("a")], "start>a", "a>output"), slug="free")
    assert (await allowed(stage, other)).tokens == 0


async def allowed(stage: Stage, run: Run) -> budget.Budget:
    async with db.database().reading() as session:
        return await budget.of_run(session, stage.by, run.id)


async def test_R15_and_R18_a_request_is_a_line_of_the_log_and_carries_the_trace(
    stage: Stage, server: Server
) -> None:
    def get(node_id: str, path: str) -> Node:
        return Node(id=node_id, kind="http_request", config={"url": server.url + path, "method": "GET"})

    diagram = drawn([get("ask", "/orders?key=s3cret"), get("busy", "/busy")], "start>ask", "ask>busy")
    run = await stage.start(diagram)
    lines = [
        (e.node_id, e.data["level"], e.data["message"]) for e in await events(run) if e.kind == "step.logged"
    ]
    assert [(node_id, level) for node_id, level, _ in lines] == [("ask", "info"), ("busy", "warning")]
    assert lines[0][2].startswith(f"GET {server.url}/orders: 200 in ")
    assert "s3cret" not in lines[0][2]
    async with db.database().reading() as session:
        trace = (await runs.get(session, stage.by, run.id)).trace_id
    parents = [asked.headers["traceparent"].split("-") for asked in server.asked]
    assert {(version, found) for version, found, _, _ in parents} == {("00", trace)}
    assert len({span for _, _, span, _ in parents}) == 2
