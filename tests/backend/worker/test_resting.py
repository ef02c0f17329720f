"""The circuit breaker of HTTP request: a server that fails again and again is left alone, by this team and for a while."""

import pytest

from backend.core import clock, db, redis
from backend.inference import breakers
from backend.monitoring import looking, overview
from backend.monitoring.models import AlarmRule
from backend.monitoring.schemas import Overview, Resting
from backend.workflows.diagram import Diagram, Node
from frontend.state.overview_words import machine
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, staged, text
from tests.conftest import forget_settings
from tests.http_server import Answer, Server, json_answer, serving

pytestmark = [pytest.mark.db, pytest.mark.redis]


def calling(server: Server) -> Diagram:
    config = {"url": f"{server.url}/restart", "rest_after": 2, "rest_for": 3600}
    call = Node(id="call", kind="http_request", config=config, on_error="route")
    nodes = [call, text("well", "done"), text("badly", "{{ nodes.call.message }}")]
    return drawn(nodes, "start>call", "call>well", "call.error>badly", "well>output", "badly>output")


async def said(stage: Stage, diagram: Diagram) -> str:
    run = await stage.start(diagram)
    assert isinstance(run.output, dict), run
    return run.output["text"]


async def overview_of(stage: Stage) -> Overview:
    async with db.database().reading() as session:
        return await overview.overview(session, stage.by)


async def left_alone(stage: Stage) -> list[Resting]:
    """What the page Monitoring shows."""
    return (await overview_of(stage)).breakers


async def alarmed(stage: Stage) -> str:
    rule = AlarmRule(
        id="alr_1",
        team_id=stage.by.team_id,
        kind="providers_resting",
        threshold=1,
        created_by=stage.by.account_id,
        created_at=clock.now(),
        look_at=clock.now(),
    )
    async with db.database().reading() as session:
        return await looking.sentence(session, rule)


async def test_a_server_that_fails_is_left_alone_until_one_request_finds_it_well(
    database: db.Database, redis_url: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    breakers.store.cache_clear()
    broken, well = Answer(503), json_answer({"restarted": True})
    answers = [broken, broken, broken, broken, well, well]
    async with serving(lambda asked: answers[len(server.asked) - 1]) as server, staged() as stage:
        diagram = calling(server)
        assert ["503" in await said(stage, diagram) for _ in range(2)] == [True, True]
        resting = await said(stage, diagram)
        assert "failed 2 times in a row; it is asked again at" in resting
        assert len(server.asked) == 2, "nothing was sent while it rests"
        host = server.url.removeprefix("http://")
        (shown,) = await left_alone(stage)
        assert (shown.provider, shown.of, shown.state) == (host, "server", "open")
        assert (shown.failures, shown.why) == (2, "It answered 503.")
        assert shown.until
        assert [row for row in machine(await overview_of(stage)) if row[0] == f"Breaker · {host}"]
        assert not await alarmed(stage), "the alarm on providers of models is not about servers"
        async with staged(world=await made.world()) as other:
            assert "503" in await said(other, diagram), "another team has a breaker of its own"
            assert await left_alone(other) == []
        key = f"{stage.by.team_id}:server:{host}"
        await breakers.store().put(key, {"until": "1"}, 100)  # the rest is over
        assert "503" in await said(stage, diagram)
        assert "it is asked again at" in await said(stage, diagram), "one failure after the rest is enough"
        await breakers.store().put(key, {"until": "1"}, 100)
        assert [await said(stage, diagram) for _ in range(2)] == ["done", "done"]
        assert (len(server.asked), await breakers.store().read(key)) == (6, {})
        assert await left_alone(stage) == [], "it is well again"
    await redis.client().aclose()
