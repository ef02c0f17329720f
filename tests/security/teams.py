"""Two teams that have one of everything, with words of their own that must never reach the other."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
from fastapi import FastAPI

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.approvals import service as approvals
from backend.core import clock, db, ids
from backend.dead_letters import service as letters
from backend.engine import values
from backend.engine.ports import StepId
from backend.evaluation import evaluations, from_run
from backend.evaluation import repository as evaluation_rows
from backend.evaluation import service as evaluation
from backend.evaluation.schemas import CaseOfRun, SetWish
from backend.identity import keys
from backend.identity.permissions import ROLES, Role
from backend.identity.principal import Principal
from backend.knowledge.models import Collection, Passage
from backend.monitoring import service as alarms
from backend.monitoring.schemas import AlarmWish
from backend.nodes.kind import Question
from backend.planning import service as plans
from backend.planning.models import Plan
from backend.planning.plan import Goal, Task, TeamPlan
from backend.planning.watch_models import PlanAdaptation, PlanDeviation, PlanRun
from backend.runs import kept_views
from backend.runs import service as runs
from backend.runs.history import Entry
from backend.runs.kept_views import KeepView
from backend.runs.models import Blob, StepRecord
from backend.tool_servers.models import ServerTool, ToolServer
from backend.workflows import service as workflows
from backend.workflows import versions
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.identity import people
from tests.backend.runs import made


@dataclass
class Team:
    """A team; `word` is in everything that it owns, `names` fills the places in paths."""

    word: str
    team_id: str
    people: dict[Role, people.Person]
    names: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def path(self, template: str) -> str:
        """The address of this team's thing."""
        sort = template.split("/")[1]
        names = self.names | {
            "other_id": self.names.get("run_id", ""),
            "before_id": self.names.get("evaluation_id", ""),
            "version": "1",
            "node_id": "start",
            "name": self.names.get(f"{sort}.name", "support-triage"),
        }
        return template.format(**names)


async def furnished(word: str) -> Team:
    """A team with a member of each role and one of each thing."""
    team_id = await people.team(f"Team {word}")
    members: dict[Role, people.Person] = {
        role: await people.person(team_id, role, name=f"{role} {word}") for role in ROLES
    }
    team = Team(word, team_id, members)
    owner = members["owner"].by
    async with db.database().transaction() as session:
        workflow = await workflows.create(session, owner, _diagram(word))
        version = await versions.publish(session, owner, workflow.id, word)
        row, _ = await keys.create(session, owner, name=f"key {word}", roles=("viewer",))
    world = made.World(owner, workflow.id, version.id)
    said = payload(word)
    run_id = await made.run(world, "waiting_person", input=said, output=said, error=said)
    await _noted(run_id, team_id, word)
    spare = await people.person(team_id, "viewer", name=f"Spare {word}")
    team.names = {
        "workflow_id": world.workflow_id,
        "ref": world.workflow_id,
        "version_id": world.version_id,
        "run_id": run_id,
        "approval_id": await _asked(run_id, word),
        "letter_id": await _given_up(run_id, said),
        "key_id": row.id,
        "alarm_id": await _watched(owner),
        "agent_id": await _employed(owner, word),
        **await _planned(owner, world.workflow_id, run_id, word),
        "view_id": await _view_of(owner),
        "member_id": spare.member_id,
        "secrets.name": f"secret_{word}",
        "collections.name": await _collected(team_id, word),
        "source": f"{word}.md",
        "tool-servers.name": await _served(owner, word),
        **await _evaluated(owner, world.workflow_id, run_id, word),
    }
    return team


def payload(word: str) -> dict[str, Any]:
    """What the team's run got, gave and asked; only those who may read payloads ever see `value of …`."""
    return {"code": "invalid", "message": f"value of {word}"}


async def visit(team: Team, api: FastAPI) -> None:
    """What only a browser can make: a session, an invitation and a secret."""
    token = await people.session_token(team.people["owner"])
    async with people.browser(api, token) as browser:
        invitation = await browser.post("/api/v1/invitations", json={"roles": ["viewer"]})
        team.names["invitation_id"] = invitation.json()["id"]
        team.names["session_id"] = (await browser.get("/api/v1/sessions")).json()[0]["id"]
        made_ = await browser.put(f"/api/v1/secrets/secret_{team.word}", json={"value": f"value {team.word}"})
        assert made_.is_success, made_.text
        approval = await browser.get(f"/api/v1/approvals/{team.names['approval_id']}")
        team.hashes["approval"] = approval.json()["arguments_hash"]


async def _accepted(owner: Principal, workflow_id: str, word: str) -> Plan:
    """A plan of one task that became a workflow."""
    now = clock.now()
    task = Task(id="do", title=f"Do {word}", what=word, seconds=1, capabilities={"writing": 0.5})
    body = TeamPlan(goal=Goal(text=f"Goal {word}"), title=f"Plan {word}", source="generic", tasks=(task,))
    async with db.database().transaction() as session:
        plan = Plan(id=ids.new("plan"), team_id=owner.team_id, title=body.title, goal=body.goal.text, version=0,
                    created_by=owner.account_id, created_at=now, changed_at=now)  # fmt: skip
        session.add(plan)
        await session.flush()
        await plans.add_version(session, owner, plan, body, word)
        plan.state, plan.accepted_version, plan.workflow_id = "accepted", 1, workflow_id
    return plan


async def _planned(owner: Principal, workflow_id: str, run_id: str, word: str) -> dict[str, str]:
    """A plan whose run left it, with what is proposed about that."""
    plan = await _accepted(owner, workflow_id, word)
    place: dict[str, Any] = {"run_id": run_id, "team_id": owner.team_id, "plan_id": plan.id}
    async with db.database().transaction() as session:
        session.add(PlanRun(**place, version=1, is_over=True, looked_at=clock.now()))
        session.add(PlanDeviation(**place, kind="failed", severity="high", message=word, at=clock.now()))
        proposed = PlanAdaptation(
            **place, id=ids.new("adp"), kind="ask", reason=f"Late {word}", created_at=clock.now()
        )
        session.add(proposed)
    return {"plan_id": plan.id, "adaptation_id": proposed.id}


async def _served(owner: Principal, word: str) -> str:
    """A tool server with an accepted tool; nothing answers at its address."""
    async with db.database().transaction() as session:
        row = ToolServer(id=ids.new("tsrv"), team_id=owner.team_id, name=f"srv-{word}", address="stdio:none",
                         created_by=owner.account_id, created_at=clock.now())  # fmt: skip
        session.add(row)
        await session.flush()
        told = {"name": "clock", "title": f"Clock {word}", "description": word, "schema": {}, "more": {}}
        session.add(ServerTool(server_id=row.id, name="clock", team_id=owner.team_id, called=f"srv-{word}__clock",
                               accepted=told, seen=told, accepted_digest="d", seen_digest="d"))  # fmt: skip
    return row.name


async def _evaluated(owner: Principal, workflow_id: str, run_id: str, word: str) -> dict[str, str]:
    """A set with a case of a run, and an evaluation that nobody goes on with."""
    async with db.database().transaction() as session:
        chosen = await evaluation.create(session, owner, workflow_id, SetWish(name=f"Set {word}"))
        case = await from_run.add(session, owner, run_id, CaseOfRun(name=f"Case {word}"))
        begun = await evaluations.start(session, owner, chosen.id)
        for row in await evaluation_rows.results(session, begun.id):
            row.reason, row.status = payload(word)["message"], "done"
            session.add(row)
    return {"set_id": chosen.id, "case_id": case.id, "evaluation_id": begun.id}


async def own_session(browser: httpx2.AsyncClient) -> str:
    """The id of the session that asks."""
    return (await browser.get("/api/v1/sessions")).json()[0]["id"]


def _diagram(word: str) -> Diagram:
    return Diagram(
        name=f"Flow {word}",
        nodes=(Node(id="start", kind="start"), Node(id="output", kind="output", name=f"Out {word}")),
        wires=(Wire(source="start", target="output"),),
    )


async def _noted(run_id: str, team_id: str, word: str) -> None:
    said, step, now = payload(word), StepId("output"), clock.now()
    async with db.database().transaction() as session:
        await runs.note(session, run_id, team_id, Entry("run.queued", {"by": word}))
        for data in (
            {"port": "out", "error": said},
            {"topic": said["message"], "data": said},
            {"items": [said]},
        ):
            await runs.note(session, run_id, team_id, Entry("event.emitted", data, step))
        for node, value in (("output", said), ("big", await _kept(session, team_id, said))):
            row = StepRecord(run_id=run_id, node_id=node, team_id=team_id, status="failed", started_at=now)
            row.input = row.output = value
            row.error = said
            session.add(row)
        asked = Question(title=said["message"], message=str(said), proposal=said, roles=("admin", "owner"))
        await approvals.request(session, run_id, step, asked)


async def _kept(session: db.Session, team_id: str, value: dict[str, Any]) -> dict[str, object]:
    """A value that is stored as a blob; the reference in its place."""
    data = orjson.dumps(value)
    session.add(Blob(team_id=team_id, digest="d" * 64, data=data, created_at=clock.now()))
    await session.flush()
    return {values.REF: "d" * 64, "bytes": len(data)}


async def _given_up(run_id: str, said: dict[str, Any]) -> str:
    async with db.database().transaction() as session:
        run = await runs.of_step(session, run_id)
        return (await letters.write(session, run, "poison", said["message"], {"error": said})).id


async def _asked(run_id: str, word: str) -> str:
    async with db.database().transaction() as session:
        question = Question(title=f"Send {word}?", message=word)
        return (await approvals.request(session, run_id, StepId("start", "", 1), question)).id


async def _watched(owner: Principal) -> str:
    async with db.database().transaction() as session:
        return (await alarms.create(session, owner, AlarmWish(kind="error_count", threshold=9))).id


async def _employed(owner: Principal, word: str) -> str:
    wish = AgentCreate(name=f"Agent {word}", profile={"goal": word}, reason=word)
    wish.capabilities = [CapabilityWish(name=word)]
    async with db.database().transaction() as session:
        return (await agents.create(session, owner, wish)).id


async def _view_of(owner: Principal) -> str:
    async with db.database().transaction() as session:
        return (await kept_views.keep(session, owner, KeepView(name="Mine", query="status=failed"))).id


async def _collected(team_id: str, word: str) -> str:
    collection = Collection(
        id=ids.new("col"),
        team_id=team_id,
        slug=f"texts-{word}",
        name=f"Texts {word}",
        builtin=False,
        created_at=clock.now(),
    )
    passage = Passage(
        id=ids.new("psg"),
        team_id=team_id,
        collection_id=collection.id,
        source=f"{word}.md",
        title=word,
        position=0,
        text=word,
        model="none",
        embedding=b"",
    )
    async with db.database().transaction() as session:
        session.add(collection)
        await session.flush()
        session.add(passage)
    return collection.slug
