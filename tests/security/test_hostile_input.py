"""Input that databases, parsers and readers choke on: refused with a sentence, never an internal error."""

import httpx2
import pytest
from fastapi import FastAPI

from app.api import api
from tests.backend.identity import people
from tests.security.teams import Team, furnished, visit

pytestmark = [pytest.mark.db, pytest.mark.redis]
V1 = "/api/v1"
HALF, HUGE = r"\ud800", 10**30


@pytest.fixture
def app(house: None) -> FastAPI:
    return api()


@pytest.fixture
async def team(app: FastAPI) -> Team:
    team = await furnished("ours")
    await visit(team, app)
    return team


async def test_a_nul_or_half_a_character_in_any_text_is_refused(app: FastAPI, team: Team) -> None:
    flow, texts = team.names["ref"], team.names["collections.name"]
    places = [
        ("PATCH", "/team", '{"name": "%s"}'),
        ("POST", "/invitations", '{"roles": ["viewer"], "email": "%s"}'),
        ("POST", "/keys", '{"roles": ["viewer"], "name": "%s"}'),
        ("PUT", "/secrets/other", '{"value": "%s"}'),
        ("POST", "/collections", '{"name": "%s"}'),
        ("POST", f"/collections/{texts}/documents", '{"source": "%s", "text": "b"}'),
        ("POST", f"/collections/{texts}/documents", '{"source": "a", "text": "%s"}'),
        ("POST", f"/collections/{texts}/search", '{"query": "%s"}'),
        ("POST", "/workflows", '{"name": "%s"}'),
        ("POST", "/workflows", '{"template": "%s"}'),
        ("PATCH", f"/workflows/{flow}", '{"name": "%s"}'),
        ("PATCH", f"/workflows/{flow}", '{"description": "%s"}'),
        ("POST", f"/workflows/{flow}/publish", '{"message": "%s"}'),
        ("POST", f"/workflows/{flow}/runs", '{"input": {"x": "%s"}}'),
        ("POST", f"/workflows/{flow}/runs", '{"version": "%s"}'),
        (
            "POST",
            f"/approvals/{team.names['approval_id']}/decision",
            '{"verdict": "approved", "arguments_hash": "%s"}',
        ),
        (
            "POST",
            f"/approvals/{team.names['approval_id']}/decision",
            '{"verdict": "approved", "comment": "%s", "arguments_hash": "' + team.hashes["approval"] + '"}',
        ),
    ]
    async with people.browser(app, await people.session_token(team.people["owner"])) as browser:
        for method, path, body in places:
            for word in (r"a\u0000b", HALF):
                answer = await browser.request(
                    method, V1 + path, content=body % word, headers={"content-type": "application/json"}
                )
                assert answer.status_code in {400, 422}, f"{method} {path} {body} -> {answer.status_code}"


async def test_numbers_that_no_row_has_are_refused(app: FastAPI, team: Team) -> None:
    async with people.browser(app, await people.session_token(team.people["owner"])) as browser:
        for path in (f"/runs/{team.names['run_id']}/events?after={HUGE}", f"/audit?before={HUGE}"):
            assert (await browser.get(V1 + path)).status_code == 422, path


async def test_yaml_that_would_keep_the_reader_busy_is_refused_at_once(app: FastAPI, team: Team) -> None:
    many = "\n".join(f"k{n}: 1" for n in range(200_000))
    async with people.browser(app, await people.session_token(team.people["owner"])) as browser:
        answer = await yaml(browser, many)
        assert (answer.status_code, "1 MB" in answer.text) == (422, True)
    async with people.browser(app, await people.session_token(team.people["viewer"])) as browser:
        assert (await yaml(browser, many)).status_code == 403  # who may not write is not read either


async def yaml(browser: httpx2.AsyncClient, text: str) -> httpx2.Response:
    return await browser.post(f"{V1}/workflows", content=text, headers={"content-type": "application/yaml"})
