"""The API's edges: problem details, headers, limits, health; with a real client on the real application."""

import asyncio
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy.exc import TimeoutError

from app.api import api
from app.guard import Guard
from backend.core import db
from backend.core.errors import Conflict, TooMany

SMALL = 2048


class Body(BaseModel):
    """Something with a number."""

    size: int


def with_faults() -> FastAPI:
    app = api()
    router = APIRouter(prefix="/faults")

    @router.get("/conflict")
    async def conflict() -> None:
        raise Conflict("It was decided already.", fix="Look at the decision.", run_id="run_1")

    @router.get("/too-many")
    async def too_many() -> None:
        raise TooMany("Slower, please.", retry_after=7)

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret-canary")

    @router.get("/crowd")
    async def crowd() -> None:
        raise TimeoutError("QueuePool limit of size 5 overflow 10 reached")

    @router.post("/body")
    async def body(body: Body) -> int:
        return body.size

    app.include_router(router)
    app.router.routes.insert(0, app.router.routes.pop())  # before the address that answers for all others
    return app


@pytest.fixture
async def client(
    sqlite_database: db.Database, environment: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    environment.setenv("QUADRILLE_MAX_INPUT_BYTES", str(SMALL))
    from backend.core.settings import settings

    settings.cache_clear()
    transport = httpx.ASGITransport(app=Guard(with_faults()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3000") as client:
        yield client


async def test_our_errors_are_problem_details(client: httpx.AsyncClient) -> None:
    answer = await client.get("/faults/conflict")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["detail"], body["fix"]) == (
        "conflict",
        "It was decided already.",
        "Look at the decision.",
    )
    assert (body["run_id"], body["instance"]) == ("run_1", "/faults/conflict")
    assert body["request_id"] == answer.headers["x-request-id"]


async def test_a_rate_limit_says_when_to_come_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/faults/too-many")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


async def test_invalid_input_names_the_place_and_not_the_value(client: httpx.AsyncClient) -> None:
    answer = await client.post("/faults/body", json={"size": "my-password"})
    assert answer.status_code == 422
    assert [p["place"] for p in answer.json()["problems"]] == ["body.size"]
    assert "my-password" not in answer.text


async def test_broken_json_is_a_problem_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/faults/body", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_too_much_at_once_is_no_fault_and_says_when_to_come_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/faults/crowd")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (answer.json()["code"], "QueuePool" in answer.text) == ("unavailable", False)


async def test_a_fault_of_ours_tells_an_id_and_no_trace(client: httpx.AsyncClient) -> None:
    answer = await client.get("/faults/broken")
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret-canary" not in answer.text
    assert "Traceback" not in answer.text


async def test_unknown_addresses_of_the_api_are_problems(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nothing-here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_wrong_method_names_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/api/v1/runs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_a_body_that_says_it_is_too_large_is_refused_unread(client: httpx.AsyncClient) -> None:
    answer = await client.post("/faults/body", content=b"x" * (SMALL + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_body_that_does_not_say_its_size_is_counted(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 1000

    answer = await client.post(
        "/faults/body", content=endless(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/api/v1/nothing-here", "/faults/broken", "/faults/conflict"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "default-src 'none'" in headers["content-security-policy"]


async def test_answers_of_the_api_are_not_cached(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_request_id_is_kept_when_it_is_sound(client: httpx.AsyncClient) -> None:
    kept = await client.get("/health/live", headers={"x-request-id": "abcd-1234"})
    made = await client.get("/health/live", headers={"x-request-id": "a b\tc<script>"})
    assert kept.headers["x-request-id"] == "abcd-1234"
    assert made.headers["x-request-id"] != "a b\tc<script>"


async def test_it_is_alive_whatever_it_depends_on(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json()["state"] == "ok"


async def test_it_is_ready_with_a_migrated_database(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["database"]["state"]) == (200, "ok")


async def test_it_is_not_ready_without_one(
    environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    environment.setenv("QUADRILLE_DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('none') / 'empty.db'}")
    from tests.conftest import forget_settings

    forget_settings()
    transport = httpx.ASGITransport(app=api())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3000") as client:
        answer = await client.get("/health/ready")
    await db.database().close()
    assert (answer.status_code, answer.json()["state"]) == (503, "failing")


@pytest.mark.redis
async def test_deep_health_tells_of_redis_and_of_missing_workers(
    sqlite_database: db.Database, environment: pytest.MonkeyPatch, redis_url: str
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    from backend.core import redis
    from backend.core.settings import settings

    settings.cache_clear()
    transport = httpx.ASGITransport(app=api())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3000") as client:
        answer = await client.get("/health/deep")
    await redis.client().aclose()
    checks = answer.json()["checks"]
    assert answer.status_code == 200
    assert (checks["redis"]["state"], checks["workers"]["state"]) == ("ok", "degraded")
    assert "quadrille worker" in checks["workers"]["message"]


async def test_figures_count_routes_and_not_addresses(client: httpx.AsyncClient) -> None:
    await asyncio.gather(*(client.get(f"/api/v1/runs/run_{n}") for n in range(3)))
    text = (await client.get("/metrics")).text
    assert 'route="/api/v1/runs/{run_id}"' in text
    assert "run_1" not in text


def test_the_api_publishes_its_schema_and_loads_nothing_from_elsewhere() -> None:
    app = api()
    assert app.docs_url is None
    assert app.redoc_url is None
    assert app.openapi()["paths"]


async def test_the_figures_are_for_this_machine_or_for_who_knows_the_token(
    client: httpx.AsyncClient, environment: pytest.MonkeyPatch
) -> None:
    from backend.core.settings import settings

    assert (await client.get("/metrics")).status_code == 200
    assert (await client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == 401
    far = httpx.ASGITransport(app=Guard(api()), client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=far, base_url="http://127.0.0.1:3000") as stranger:
        assert (await stranger.get("/metrics")).status_code == 401
        environment.setenv("QUADRILLE_METRICS_TOKEN", "s3cret")
        settings.cache_clear()
        bearer = {"authorization": "Bearer s3cret"}
        assert (await stranger.get("/metrics", headers=bearer)).status_code == 200
        assert (await stranger.get("/metrics", headers={"authorization": "Bearer other"})).status_code == 401
    assert (await client.get("/metrics")).status_code == 401
