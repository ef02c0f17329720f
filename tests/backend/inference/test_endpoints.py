"""The models over HTTP: what stands in the list, and whether each would answer."""

import pytest
from fastapi import FastAPI

from app.api import api
from backend.core import db
from backend.core.settings import settings
from backend.identity.permissions import ROLES
from backend.inference import chat, chat_fallbacks
from backend.inference.chat_errors import ModelFailed
from backend.inference.chat_types import ChatMessage, ChatReply
from tests import http_server
from tests.backend.identity import people
from tests.backend.inference.conftest import asking, models, shared_worker, worker

__all__ = ["asking", "models", "shared_worker", "worker"]
pytestmark = [pytest.mark.redis]


@pytest.fixture
def app(sqlite_database: db.Database) -> FastAPI:
    return api()


async def _models(app: FastAPI, someone: people.Person, query: str = "") -> dict[str, dict]:
    async with people.browser(app, await people.session_token(someone)) as client:
        answer = await client.get(f"/api/v1/models{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    return {one["name"]: one for one in answer.json()["items"]}


async def test_every_role_sees_the_models_and_nobody_else(app: FastAPI, asking: None) -> None:
    team = await people.team()
    for role in ROLES:
        found = await _models(app, await people.person(team, role))
        assert {"all-MiniLM-L6-v2", "scripted/extractive", "scripted/script"} <= set(found)
    async with people.browser(app) as client:
        assert (await client.get("/api/v1/models")).status_code == 401


async def test_the_embedded_model_is_away_without_a_worker(app: FastAPI, valkey_alone: None) -> None:
    found = await _models(app, await people.person(await people.team(), "viewer"))
    embedded = found["all-MiniLM-L6-v2"]
    assert (embedded["kind"], embedded["offline"], embedded["available"]) == ("embedding", True, False)
    assert "quadrille worker --inference" in embedded["note"]


@pytest.mark.openvino
async def test_the_embedded_model_is_there_with_a_worker(app: FastAPI, worker: object) -> None:
    found = await _models(app, await people.person(await people.team(), "viewer"))
    assert found["all-MiniLM-L6-v2"]["available"] is True


async def test_a_lost_redis_is_told_and_breaks_nothing(
    app: FastAPI, environment: pytest.MonkeyPatch, asking: None
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    from backend.core import redis

    await redis.client().aclose()
    redis.client.cache_clear()
    found = await _models(app, await people.person(await people.team(), "viewer"))
    assert "Redis does not answer" in found["all-MiniLM-L6-v2"]["note"]
    assert found["scripted/extractive"]["available"] is True


async def test_a_provider_is_available_to_the_team_that_has_its_key(app: FastAPI, asking: None) -> None:
    ours = await people.person(await people.team(), "owner")
    theirs = await people.person(await people.team(), "owner")
    async with people.browser(app, await people.session_token(ours)) as client:
        stored = await client.put("/api/v1/secrets/OPENAI_API_KEY", json={"value": "sk-canary"})
        assert stored.status_code == 200
        assert "sk-canary" not in (await client.get("/api/v1/models")).text
    assert (await _models(app, ours))["openai:MODEL"]["available"] is True
    missing = (await _models(app, theirs))["openai:MODEL"]
    assert (missing["available"], missing["offline"]) == (False, False)
    assert "OPENAI_API_KEY" in missing["note"]


async def test_the_operators_own_server_tells_its_models(
    app: FastAPI, environment: pytest.MonkeyPatch, asking: None
) -> None:
    listed = http_server.json_answer({"object": "list", "data": [{"id": "qwen3:8b"}, {"id": "llama3"}]})
    answers = iter([listed, http_server.Answer(401), http_server.Answer(200, b"<html>")])
    someone = await people.person(await people.team(), "viewer")
    async with http_server.serving(lambda _: next(answers)) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        found = await _models(app, someone, "?kind=chat")
        assert server.asked[0].path == "/v1/models"
        assert {"compatible:llama3", "compatible:qwen3:8b"} <= set(found)
        assert {one["kind"] for one in found.values()} == {"chat"}
        locked = (await _models(app, someone))["compatible:MODEL"]
        assert (locked["available"], "401" in locked["note"]) == (True, True)
        assert "no list of models" in (await _models(app, someone))["compatible:MODEL"]["note"]
    away = (await _models(app, someone))["compatible:MODEL"]
    assert (away["available"], "does not answer" in away["note"]) == (False, True)


async def test_a_provider_that_is_left_alone_says_so_to_its_team(
    app: FastAPI, environment: pytest.MonkeyPatch, asking: None
) -> None:
    environment.setenv("QUADRILLE_BREAKER_FAILURES", "2")
    ours = await people.person(await people.team(), "viewer")
    theirs = await people.person(await people.team(), "viewer")
    async with http_server.serving(lambda _: http_server.Answer(503, b"secret words")) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        for _ in range(2):
            with pytest.raises(ModelFailed):
                await chat_fallbacks.ask("compatible:tiny", None, ours.by.team_id, _ask)
        listed = (await _models(app, ours))["compatible:MODEL"]
        other = (await _models(app, theirs))["compatible:MODEL"]
    assert (listed["available"], listed["breaker"]["state"], listed["breaker"]["failures"]) == (
        False,
        "open",
        2,
    )
    assert "asked again at" in listed["note"]
    assert "secret" not in str(listed)
    assert (other["breaker"]["state"], other["breaker"]["failures"]) == ("closed", 0)
    assert (await _models(app, ours))["scripted/script"]["breaker"] is None


async def _ask(name: str) -> ChatReply:
    async def key(name: str) -> str:
        return "k"

    return await chat.ask(name, [ChatMessage(role="user", content="Hi")], {}, key)


async def test_an_unknown_kind_is_a_problem(app: FastAPI, asking: None) -> None:
    someone = await people.person(await people.team(), "viewer")
    async with people.browser(app, await people.session_token(someone)) as client:
        answer = await client.get("/api/v1/models?kind=video")
    assert (answer.status_code, answer.json()["problems"][0]["place"]) == (422, "query.kind")
