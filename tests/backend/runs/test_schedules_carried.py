"""Times at which workflows begin, as programs, files and templates carry them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from backend.core import db
from backend.runs import payloads
from backend.runs.models import Run
from backend.workflows import endpoints, file, templates
from tests.backend.identity import people
from tests.backend.runs.clockwork import DAILY, Hands, timed
from tests.backend.runs.stage import Stage, staged
from tests.backend.runs.test_choreography import begun, given_up, published

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database, hands: Hands) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def test_programs_are_told_the_times_and_files_carry_them(stage: Stage, hands: Hands) -> None:
    app = FastAPI()
    app.include_router(endpoints.router)
    editor = await people.person(stage.by.team_id, "editor")
    drawing = timed(DAILY | {"while_running": "skip"})
    async with people.browser(app, await people.session_token(editor)) as client:
        made = await client.post("/api/v1/workflows", json=drawing.model_dump(mode="json"))
        at = f"/api/v1/workflows/{made.json()['id']}"
        assert (await client.get(at)).json()["next_run_at"] is None, "a draft begins nothing"
        assert (await client.post(f"{at}/publish")).is_success
        (shown,) = (await client.get(f"{at}/schedules")).json()["items"]
        assert shown == {**DAILY, "missed": "run_latest", "while_running": "skip",
                         "next": [f"2027-03-0{day}T08:00:00Z" for day in (1, 2, 3)]}  # fmt: skip
        listed = (await client.get("/api/v1/workflows?text=Drawn")).json()["items"][0]
        assert listed["next_run_at"] == shown["next"][0] == (await client.get(at)).json()["next_run_at"]
        for form in ("yaml", "json"):
            carried = file.read((await client.get(f"{at}/export?format={form}")).content)
            assert carried.node("start").config == drawing.node("start").config
        module = (await client.get(f"{at}/export?format=python")).text
        assert "begins by the clock (0 9 * * *, Europe/Berlin)" in module
        await client.delete(at)
        assert (await client.get(f"{at}/schedules")).json() == {"items": []}


@pytest.mark.parametrize(
    ("template", "at", "begins"),
    [
        ("content-pipeline", (2027, 3, 8, 9), {"topic": "What is new on 2027-03-08"}),
        ("keep-knowledge-fresh", (2027, 3, 1, 3), {"every_day": False}),
    ],
)
async def test_templates_begin_by_the_clock_with_an_input_that_their_form_takes(
    stage: Stage, hands: Hands, template: str, at: tuple[int, ...], begins: dict[str, Any]
) -> None:
    made = await published(stage, templates.get(template).diagram)
    await hands.to(*at)
    (run,) = await begun(made)
    given = await made_whole(stage, run)
    assert (run.trigger, given) == ("schedule", given | begins)
    assert await given_up(stage) == []


async def made_whole(stage: Stage, run: Run) -> Any:
    async with db.database().reading() as session:
        return await payloads.whole(session, stage.by.team_id, run.input)
