"""What Prometheus reads: runs, queues, workers and requests, in its own parser, with labels that cannot grow."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import figures
from app.api import api
from app.guard import Guard
from backend.core import clock, db, queue, redis
from backend.core.settings import settings
from backend.inference import workers
from backend.inference.stats import WorkerStats
from backend.runs import service, states
from backend.runs.history import Entry
from backend.runs.models import Worker
from tests.backend.runs import made
from tests.servers import Valkey

pytestmark = [pytest.mark.db, pytest.mark.redis]
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _name(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


async def _figures(*paths: str) -> Figures:
    transport = httpx2.ASGITransport(app=Guard(api()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:3000") as client:
        for path in paths:
            await client.get(path)
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
async def installed(
    database: db.Database, environment: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[None]:
    """With a Valkey of its own: an inference worker that other tests share would tell of itself and take tasks."""
    server = Valkey(tmp_path)
    server.start()
    environment.setenv("QUADRILLE_REDIS_URL", server.url)
    environment.setattr(figures, "_PATIENCE_SECONDS", 60.0)  # what a slow machine tells late is not left out
    settings.cache_clear()
    redis.client.cache_clear()
    yield
    await queue.hang_up()
    await redis.client().aclose()
    server.stop()


async def test_runs_are_counted_by_state_and_the_longest_wait_is_told(installed: object) -> None:
    world = await made.world()
    for status in ("running", "succeeded", "succeeded", "waiting_person"):
        await made.run(world, status)
    resumed = await made.run(world, "queued")
    async with db.database().transaction() as session:
        await service.note(session, resumed, world.by.team_id, Entry("run.resumed", {}))
    found = await _figures()
    assert {s: found[_name("quadrille_runs", status=s)] for s in states.ALL} == dict.fromkeys(
        states.ALL, 0
    ) | {"running": 1, "succeeded": 2, "waiting_person": 1, "queued": 1}
    assert 0 <= found[_name("quadrille_run_queued_oldest_seconds")] < 60
    async with db.database().transaction() as session:
        row = await session.get(made.Run, await made.run(world, "queued"))
        assert row is not None
        row.created_at = clock.now() - timedelta(hours=2)
    assert 7_200 <= (await _figures())[_name("quadrille_run_queued_oldest_seconds")] < 7_300


async def test_only_workers_whose_lease_holds_are_alive(installed: object) -> None:
    now = clock.now()
    async with db.database().transaction() as session:
        for name, until in (("w1", 60), ("w2", 60), ("dead", -1)):
            lease = now + timedelta(seconds=until)
            session.add(Worker(id=name, host="h", pid=1, started_at=now, lease_until=lease, live_runs=3))
    found = await _figures()
    assert found[_name("quadrille_workers")] == 2
    assert found[_name("quadrille_live_runs")] == 6


async def test_the_depth_of_each_queue_is_told(installed: object) -> None:
    assert (await _figures())[
        _name("quadrille_queue_tasks", group="inference", priority="low", state="waiting")
    ] == 0
    sender = queue.broker("inference")
    for _ in range(3):
        await sender.send("inference.embed", priority="low", texts=["x"])
    found = await _figures()
    assert found[_name("quadrille_queue_tasks", group="inference", priority="low", state="waiting")] == 3
    assert found[_name("quadrille_queue_tasks", group="inference", priority="low", state="running")] == 0
    assert found[_name("quadrille_queue_tasks", group="runs", priority="normal", state="waiting")] == 0
    assert found[_name("quadrille_queue_dead_letters", group="inference")] == 0


async def test_inference_workers_tell_what_they_did(installed: object) -> None:
    stats = WorkerStats(
        worker="host-1", model="MiniLM", precision="bf16", texts=7, infer_seconds=1.5, waiting=2
    )
    await workers.report(stats)
    found = await _figures()
    who = {"worker": "host-1", "model": "MiniLM", "precision": "bf16"}
    assert found[_name("quadrille_inference_workers")] == 1
    assert found[_name("quadrille_inference_texts_total", **who)] == 7
    assert found[_name("quadrille_inference_infer_seconds_total", **who)] == 1.5
    assert found[_name("quadrille_inference_waiting", **who)] == 2


async def test_requests_are_counted_by_route_and_never_by_address(installed: object) -> None:
    requests = "quadrille_http_requests_total"
    label = _name(requests, method="GET", route="/api/v1/collections/{name}/documents", status="401")
    before = (await _figures()).get(label, 0)
    found = await _figures(*(f"/api/v1/collections/canary-{n}/documents" for n in range(5)), "/canary-page")
    assert found[label] == before + 5
    assert not [labels for _, labels in found if any("canary" in value for _, value in labels)]


async def test_what_does_not_answer_is_left_out_and_named(
    installed: object, environment: pytest.MonkeyPatch
) -> None:
    await redis.client().aclose()
    environment.setenv("QUADRILLE_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    redis.client.cache_clear()
    async with asyncio.timeout(60):
        found = await _figures()
    assert found[_name("quadrille_source_up", source="runs")] == 1
    assert found[_name("quadrille_source_up", source="queues")] == 0
    assert found[_name("quadrille_source_up", source="inference")] == 0
    assert _name("quadrille_runs", status="queued") in found
