"""The kinds over HTTP: for whoever may read workflows, complete enough to draw palette and inspector."""

import pytest
from fastapi import FastAPI

from backend.core.db import Database
from backend.nodes import endpoints
from backend.nodes.registry import all_kinds
from tests.backend.identity import people


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    app.include_router(endpoints.router)
    return app


async def test_a_member_reads_all_kinds(sqlite_database: Database, app: FastAPI) -> None:
    owner = await people.person(await people.team(), "viewer")
    async with people.browser(app, await people.session_token(owner)) as client:
        answer = await client.get("/api/v1/kinds")
    assert answer.status_code == 200
    kinds = {kind["name"]: kind for kind in answer.json()}
    assert set(kinds) == set(all_kinds())
    classify = kinds["classify"]
    assert classify["ports"] == {"fixed": ["else"], "each": "labels", "name": "name", "unless": None}
    assert classify["schema"]["properties"]["labels"]["widget"] == "labels"
    assert classify["defaults"] == {"min_score": 0.25, "min_margin": 0.05}
    assert next(iter(kinds)) == "condition", "sections in the palette's order, then by title"


async def test_a_schedule_is_tried_by_whoever_draws(sqlite_database: Database, app: FastAPI) -> None:
    editor = await people.person(await people.team(), "editor")
    async with people.browser(app, await people.session_token(editor)) as client:
        good = await client.post(
            "/api/v1/schedules/preview", json={"cron": "0 9 * * *", "zone": "Asia/Tokyo"}
        )
        wrong = await client.post("/api/v1/schedules/preview", json={"cron": "75 9 * * *"})
    assert [at[10:] for at in good.json()["times"]] == ["T00:00:00Z"] * 3
    assert (good.json()["flaws"], wrong.json()["times"]) == ([], [])
    (flaw,) = wrong.json()["flaws"]
    assert flaw == {"field": "cron", "message": "the minute “75” is not within 0 to 59"}
