"""Plans on both databases: made, made again, looked at, forgotten, and never seen by others."""

from typing import Any

import pytest
from fastapi import FastAPI

from app.api import api
from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.core import db
from backend.core.errors import Invalid, NotAllowed
from backend.identity.principal import Principal
from backend.planning import service
from backend.planning.plan import Constraints
from backend.planning.schemas import PlanAgain, PlanCreate, PlanDetail
from tests.backend.identity import people

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("nobody_embeds", "solved_here")]
GOAL = "Answer the mails of our customers, and refund what is due."


async def editor() -> Principal:
    return (await people.person(await people.team(), "editor")).by


async def agent(by: Principal, name: str, **able: float) -> str:
    wish = AgentCreate(
        name=name, capabilities=[CapabilityWish(name=word, proficiency=value) for word, value in able.items()]
    )
    async with db.database().transaction() as session:
        return (await agents.create(session, by, wish)).id


async def plan(by: Principal, text: str = GOAL, **constraints: Any) -> PlanDetail:
    return await service.create(by, PlanCreate(goal=text, constraints=Constraints(**constraints)))


async def test_a_goal_becomes_tasks_with_the_roles_that_the_team_lacks(database: db.Database) -> None:
    by = await editor()
    ada = await agent(by, "Ada", writing=0.9, reviewing=0.8)
    made = await plan(by)
    found = made.plan
    assert (made.state, made.version, found.source, found.domain) == ("proposed", 1, "domain", "support")
    assert found.feasible
    assert {role.from_role for role in found.roles} == {
        "router",
        "extractor",
        "research",
        "analysis",
        "summary",
    }
    assert (found.members[0].id, found.members[0].capabilities["writing"]) == (ada, 0.9)
    assert any(reason.about == "domain" and "by words alone" in reason.text for reason in found.reasons)
    async with database.reading() as session:
        again = await service.get(session, by, made.id)
    assert again == made


async def test_another_version_keeps_what_is_not_said_and_the_older_one_stays(database: db.Database) -> None:
    by = await editor()
    made = await plan(by, forbidden=("external",))
    changed = await service.again(
        by, made.id, PlanAgain(constraints=Constraints(max_tokens=10), reason="Cheaper")
    )
    assert (changed.version, changed.state, changed.reason) == (2, "impossible", "Cheaper")
    (problem,) = changed.plan.problems
    assert (problem.code, problem.task) == ("tokens", "look_up")
    assert changed.plan.goal.text == GOAL
    async with database.reading() as session:
        first = await service.get(session, by, made.id, 1)
        rows = (await service.versions(session, by, made.id)).items
    assert first.plan.goal.constraints.forbidden == ("external",)
    assert [(row.number, row.problems) for row in rows] == [(2, 1), (1, 0)]


async def test_a_goal_of_no_domain_says_so_and_gets_a_generic_plan(sqlite_database: db.Database) -> None:
    made = await plan(await editor(), "Paint the garden fence green before winter.")
    assert (made.plan.source, made.plan.domain, len(made.plan.choices)) == ("generic", "generic", 3)
    assert "No domain fits" in made.plan.reasons[0].text


async def test_agents_that_are_named_must_be_there(sqlite_database: db.Database) -> None:
    by = await editor()
    await agent(by, "Ada", writing=0.9)
    await agent(by, "Bob", writing=0.9)
    assert [one.name for one in (await plan(by, agents=("Bob",))).plan.members if not one.new] == ["Bob"]
    with pytest.raises(Invalid, match="no agent “Eve”"):
        await plan(by, agents=("Ada", "Eve"))


async def test_over_http_plans_are_made_listed_and_removed_by_those_who_may(
    database: db.Database, redis_url: str
) -> None:
    team_id = await people.team()
    app: FastAPI = api()
    token = await people.session_token(await people.person(team_id, "editor"))
    async with people.browser(app, token) as browser:
        answer = await browser.post(
            "/api/v1/plans", json={"goal": GOAL, "constraints": {"approvals": ["money"]}}
        )
        assert answer.status_code == 201, answer.text
        where = answer.headers["location"]
        assert any(task["kind"] == "approval" for task in answer.json()["plan"]["tasks"])
        again = await browser.post(f"{where}/versions", json={"domain": "incident"})
        assert again.json()["plan"]["domain"] == "incident"
        wrong = await browser.post("/api/v1/plans", json={"goal": GOAL, "domain": "cooking"})
        assert (wrong.status_code, wrong.json()["code"]) == (404, "no_such_domain")
        listed = (await browser.get("/api/v1/plans")).json()["items"]
        assert [one["version"] for one in listed] == [2]
        assert len((await browser.get("/api/v1/plans/domains")).json()["items"]) == 8
        assert (await browser.delete(where)).status_code == 204
        assert (await browser.get(where)).status_code == 404
    viewer = (await people.person(team_id, "viewer")).by
    with pytest.raises(NotAllowed):
        await plan(viewer)
