"""An accepted plan is a workflow: its agents are made, its diagram passes the checker, and it runs with scripted agents."""

import pytest

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.core import db
from backend.identity.principal import Principal
from backend.planning import accepting, service
from backend.planning import domain as domains
from backend.planning.plan import Constraints
from backend.planning.schemas import Accepting, PlanAgain, PlanCreate, PlanDetail
from backend.workflows import check
from backend.workflows import service as workflows
from tests.backend.identity import people
from tests.backend.runs.served import calling, serving
from tests.backend.worker.conftest import house
from tests.backend.worker.house import House
from tests.backend.worker.over_rest import Program

__all__ = ["house"]
pytestmark = [pytest.mark.db, pytest.mark.redis, pytest.mark.usefixtures("nobody_embeds", "solved_here")]
GOAL = "Answer the mails of our customers, and refund what is due."
CAN = ("routing", "extraction", "research", "writing", "reviewing", "calculation", "summarizing")
SCRIPT = """turns:
  - {when: Work out the refund, say: Give back 40.}
  - {when: Draft the reply, say: Dear customer}
  - {say: Done as it was asked.}
"""


async def scripted(by: Principal, name: str, *can: str) -> str:
    wish = AgentCreate(
        name=name,
        profile={"model": "scripted/script", "script": SCRIPT},
        capabilities=[CapabilityWish(name=word, proficiency=0.8) for word in can],
    )
    async with db.database().transaction() as session:
        return (await agents.create(session, by, wish)).id


async def plan(by: Principal, text: str = GOAL, **constraints: object) -> PlanDetail:
    return await service.create(
        by, PlanCreate(goal=text, constraints=Constraints.model_validate(constraints))
    )


async def accept(by: Principal, plan_id: str, **wish: object) -> PlanDetail:
    async with db.database().transaction() as session:
        return await accepting.accept(session, by, plan_id, Accepting.model_validate(wish))


async def test_accepting_makes_the_lacking_agents_and_a_workflow_to_be_filled(database: db.Database) -> None:
    by = (await people.person(await people.team(), "editor")).by
    await scripted(by, "Ada", "writing", "reviewing")
    made = await plan(by, approvals=("money", "external"))
    with pytest.raises(accepting.NotAccepted):
        await accepting.proposal(by, made.id)
    done = await accept(by, made.id)
    assert (done.state, done.accepted_version) == ("accepted", 1)
    assert done.agents
    assert done.nodes
    async with database.reading() as session:
        found = {one.name: one for one in (await agents.list_(session, by)).items}
        draft = (await workflows.draft(session, by, done.workflow_id or "")).diagram
    assert {"Ada", "Router", "Researcher", "Extractor"} <= found.keys()
    assert all(one.state == "ready" for one in found.values())
    assert [node.id for node in draft.nodes] == ["start", "output"]
    shown = await accepting.proposal(by, made.id)
    after = shown.comparison.after or {}
    asking = {node["id"]: node["config"]["agent"] for node in after["nodes"] if node["kind"] == "agent"}
    assert asking[done.nodes["draft"]] == found["Ada"].id
    assert set(asking.values()) <= {one.id for one in found.values()}
    assert {c.id for c in shown.comparison.changes if c.what == "node" and c.how == "added"} >= asking.keys()
    again = await accept(by, made.id)
    assert (again.workflow_id, again.agents) == (done.workflow_id, done.agents)
    async with database.reading() as session:
        assert len((await agents.list_(session, by)).items) == len(found)


@pytest.mark.parametrize("domain", [*(one.name for one in domains.all_()), domains.GENERIC])
async def test_the_diagram_of_every_domain_passes_the_checker(
    sqlite_database: db.Database, domain: str
) -> None:
    by = (await people.person(await people.team(), "editor")).by
    wish = PlanCreate(
        goal="Write {{ 1/0 }} of prices, invoices, legal and tests, forecast, refund, and comment on it",
        domain=domain,
        constraints=Constraints(approvals=("money", "external", "result"), demanded=("contract law",)),
    )
    made = await service.create(by, wish)
    done = await accept(by, made.id, draw=True)
    async with sqlite_database.reading() as session:
        problems = await workflows.problems(session, by, done.workflow_id or "")
    assert not problems, [problem.message for problem in check.errors(problems) or problems]


async def test_an_impossible_plan_is_not_accepted_and_another_version_can_be(
    sqlite_database: db.Database,
) -> None:
    by = (await people.person(await people.team(), "editor")).by
    made = await plan(by, max_tokens=5)
    with pytest.raises(accepting.NotFeasible, match="tokens"):
        await accept(by, made.id)
    await service.again(by, made.id, PlanAgain(constraints=Constraints()))
    done = await accept(by, made.id, draw=True)
    assert (done.accepted_version, done.state) == (2, "accepted")


async def test_it_runs_offline_asks_people_and_gives_every_result(house: House) -> None:
    person = await people.person(await people.team(), "owner")
    await scripted(person.by, "Ada", *CAN)
    made = await plan(person.by, approvals=("money",))
    assert made.plan.roles == ()
    done = await accept(person.by, made.id, draw=True)
    house.worker()
    async with serving() as server, calling(server, person.by) as caller:
        program = Program(caller)
        run = await program.start(done.workflow_id or "", {"text": "I paid twice."})
        asked = await program.question(run["id"])
        assert asked["title"] == "Approve: Work out the refund?"
        ended = await program.answer(run["id"], "approved")
        assert (ended["status"], ended["output"]["status"]) == ("succeeded", "done"), ended
        steps = await program.steps(run["id"])
        assert steps[(done.nodes or {})["refund"]]["output"]["text"] == "Give back 40."
        assert steps[(done.nodes or {})["draft"]]["output"]["text"] == "Dear customer"
        refused = await program.start(done.workflow_id or "", {"text": "I paid twice."})
        ended = await program.answer(refused["id"], "rejected")
        assert (ended["status"], ended["output"]["status"]) == ("succeeded", "not approved"), ended
        assert (await program.steps(refused["id"])).get("refund", {}).get("status", "skipped") == "skipped"
