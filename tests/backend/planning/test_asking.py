"""A model takes a goal apart, over a real HTTP server: its answer keeps to the schema and to the rules, or is mended once."""

import json
from typing import Any

import pytest

from backend.core import db
from backend.core.settings import settings
from backend.planning import asking, service
from backend.planning.plan import Constraints
from backend.planning.schemas import PlanCreate, PlanDetail
from tests.backend.identity import people
from tests.http_server import Server, openai_stream, serving

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("loopback_allowed", "solved_here")]


def task(id_: str, parent: str | None = None, needs: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    told = {"title": id_.title(), "what": "Do it.", "done_when": "It is done.", "seconds": 30, "tokens": 100,
            "capabilities": [{"name": "writing", "level": 0.5}], "does": [], "role": "writer"}  # fmt: skip
    return {"id": id_, "parent": parent, "needs": list(needs), **told, **more}


def answer(*tasks: dict[str, Any]) -> str:
    return json.dumps({"title": "A letter", "tasks": tasks})


GOOD = answer(
    task("letter"),
    task("draft", "letter"),
    task("check", "letter", ("draft",)),
    task("post", None, ("letter",)),
)
CIRCLE = answer(task("draft", None, ("check",)), task("check", None, ("draft",)))
SPENDS = answer(task("draft", does=["money"]))
# Twenty of a name, each a part of itself: read as a hierarchy, there would be 20 to the power of 20 ways down.
TWICE = answer(task("post", None, ("draft",)), *[task("draft", "draft")] * 20)
ENDLESS = "```json" + " " * 200_000


async def planned(
    environment: pytest.MonkeyPatch, *replies: str, **constraints: Any
) -> tuple[PlanDetail, Server]:
    left = list(replies)
    by = (await people.person(await people.team(), "editor")).by
    async with serving(lambda asked: openai_stream(left.pop(0))) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        wish = PlanCreate(
            goal="Write to Ada", model="compatible:tiny", constraints=Constraints(**constraints)
        )
        return await service.create(by, wish), server


async def test_its_hierarchy_becomes_the_plan(database: db.Database, environment: pytest.MonkeyPatch) -> None:
    made, server = await planned(environment, GOOD)
    plan = made.plan
    assert (plan.source, plan.model, plan.title, plan.feasible) == (
        "model",
        "compatible:tiny",
        "A letter",
        True,
    )
    known = {one.id: one for one in plan.tasks}
    assert (known["letter"].kind, known["draft"].parent) == ("group", "letter")
    assert known["post"].needs == ("check",), "who needs a group needs what is last in it"
    assert [one.task for one in plan.assignments] == ["draft", "check", "post"]
    sent = server.asked[0].json()
    assert "Write to Ada" in sent["messages"][-1]["content"]
    assert sent["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (CIRCLE, "lead in a circle"),
        (SPENDS, "which is forbidden"),
        ("Sure!", "not JSON"),
        (TWICE, "two tasks are called “draft”"),
        (ENDLESS, "not JSON"),
    ],
)
async def test_a_wrong_answer_goes_back_with_what_is_wrong(
    sqlite_database: db.Database, environment: pytest.MonkeyPatch, wrong: str, told: str
) -> None:
    made, server = await planned(environment, wrong, GOOD, forbidden=("money",))
    assert made.plan.feasible
    assert told in server.asked[1].json()["messages"][-1]["content"]


async def test_two_wrong_answers_are_no_plan(
    sqlite_database: db.Database, environment: pytest.MonkeyPatch
) -> None:
    with pytest.raises(asking.NoPlan, match="answered twice"):
        await planned(environment, CIRCLE, CIRCLE)
