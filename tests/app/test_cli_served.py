"""The `quadrille` command against a real server and a real worker: apply, export, run, follow, steer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlmodel import update

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.core import clock, db, redis
from backend.evaluation import service as evaluation
from backend.evaluation.schemas import CaseWish, SetWish
from backend.identity import keys, local
from backend.identity.principal import Principal
from backend.planning.watch_models import PlanRun
from backend.worker import plans as watcher
from tests.app.test_cli import Done, quadrille, refused
from tests.backend.dead_letters import given_up
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.served import serving
from tests.backend.worker.house import House
from tests.conftest import forget_settings

pytestmark = [pytest.mark.db, pytest.mark.redis]
DIAGRAM = """
quadrille: 1
name: Größe der Grüße
nodes:
  - {id: start, kind: start, config: {fields: [{name: name, required: true}]}}
  - {id: greet, kind: set_fields, config: {fields: [{name: text, value: "Hello {{ input.name }}"}]}}
  - {id: output, kind: output}
wires:
  - {source: start, target: greet}
  - {source: greet, target: output}
"""


@pytest.fixture
async def house(
    sqlite_database: db.Database, redis_url: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[House]:
    """A served installation with an owner, for commands on its own machine; workers are started by the test."""
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    await people.person(await people.team(), "owner")
    built = House(tmp_path)
    async with serving() as port:
        environment.setenv("QUADRILLE_PORT", str(port))
        yield built
    built.close()
    await redis.client().aclose()
    await db.database().close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "greet.yaml"
    path.write_text(DIAGRAM, encoding="utf-8")
    return path


async def told(*arguments: str, **more: str) -> Done:
    """The command's answer; the server goes on meanwhile, since it lives in this process."""
    return await asyncio.to_thread(quadrille, *arguments, **more)


async def done(*arguments: str, **more: str) -> str:
    answer = await told(*arguments, **more)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


async def _applied(file: Path) -> str:
    said = await done("apply", str(file), "--publish")
    assert "Version 1 is published." in said
    return said.partition(" ")[0]


async def test_apply_run_follow_and_look_back(house: House, file: Path) -> None:
    house.worker()
    slug = await _applied(file)
    followed = await told("run", slug, "--input", '{"name": "Ünï ☃"}', "--follow")
    assert followed.returncode == 0, followed.stderr + house.logs()
    assert orjson.loads(followed.stdout)["text"] == "Hello Ünï ☃"
    assert "run.succeeded" in followed.stderr
    run_id = followed.stderr.split()[1]
    listed = await done("runs", "list", COLUMNS="60")
    assert run_id in listed, "an id is never cut"
    assert orjson.loads(await done("runs", "show", run_id))["status"] == "succeeded"
    saved = file.with_name("run.json")
    await done("runs", "export", run_id, "-o", str(saved))
    assert orjson.loads(saved.read_bytes()) | {"exported_at": 0} == orjson.loads(
        await done("runs", "export", run_id)
    ) | {"exported_at": 0}
    copy = (await done("runs", "import", str(saved))).strip()
    assert orjson.loads(await done("runs", "show", copy))["trigger"] == "imported"
    saved.write_text("{}")
    refused(await told("runs", "import", str(saved)), "Field required")
    events = [orjson.loads(line) for line in (await done("runs", "events", run_id)).splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["kind"] == "run.succeeded"


async def test_what_is_exported_can_be_applied_again(house: House, file: Path, tmp_path: Path) -> None:
    slug = await _applied(file)
    for form in ("yaml", "json"):
        again = tmp_path / f"again.{form}"
        again.write_text(await done("export", slug, "--format", form), encoding="utf-8")
        assert await done("apply", str(again)) == f"{slug} is saved.\n"
        assert await done("export", slug, "--format", form) == again.read_text(encoding="utf-8")


async def test_a_run_waits_for_a_worker_and_can_be_cancelled(house: House, file: Path) -> None:
    slug = await _applied(file)
    run_id = (await done("run", slug, "--input", "-", stdin='{"name": "x"}')).strip()
    assert orjson.loads(await done("runs", "show", run_id))["status"] == "queued"
    repair = ("runs", "repair", run_id, "--give", 'greet={"text": "Hi"}', "--dry-run")
    answer = await told(*repair)
    assert (answer.returncode, orjson.loads(answer.stdout)["items"][0]["message"]) == (
        1, "Only a paused run can be repaired."
    )  # fmt: skip
    await done("runs", "pause", run_id)
    assert "1 step is skipped" in await done(*repair)
    await done("runs", "cancel", run_id)
    assert orjson.loads(await done("runs", "show", run_id))["status"] == "cancelled"
    refused(await told("runs", "cancel", "run_nothing"), "Refused", "There is no such run")


async def test_limits_are_set_and_events_sent_once(house: House, file: Path) -> None:
    slug = await _applied(file)
    assert orjson.loads(await done("limits", "set", "--at-once", "3"))["at_once"] == 3
    assert orjson.loads(await done("limits", "set", "--workflow", slug, "--priority", "high")) == {
        "at_once": None, "priority": "high",
    }  # fmt: skip
    assert orjson.loads(await done("limits", "set", "--at-once", "0")) == {
        "at_once": None,
        "priority": "normal",
    }
    assert orjson.loads(await done("limits", "show", "--workflow", slug))["priority"] == "high"
    refused(await told("limits", "set", "--priority", "soon"), "no priority", "high, normal, low")
    sent = ["events", "send", "order.paid", "--key", "7", "--payload", '{"amount": 5}', "--once", "k1"]
    assert [orjson.loads(await done(*sent))["repeated"] for _ in range(2)] == [False, True]
    refused(await told("events", "send", "Not a topic"), "topic")


async def test_the_servers_refusals_are_sentences(house: House, file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("quadrille: 1\nname: x\nnodes:\n  - {id: a, kind: [}\n")
    refused(await told("apply", str(wrong)), "Refused", "Line 4")
    refused(await told("run", "nothing-here"), "Refused", "nothing-here")
    refused(await told("export", "nothing-here"), "Refused")
    slug = await _applied(file)
    refused(await told("run", slug, "--input", '{"nam": 1}'), "Refused", "input.name")
    refused(await told("runs", "list", QUADRILLE_API_KEY="qk_wrong"), "API key")


async def test_models_are_listed_and_the_key_for_now_is_gone_after(house: House) -> None:
    names = [one["name"] for one in orjson.loads(await done("models"))["items"]]
    assert "scripted/extractive" in names
    async with db.database().reading() as session:
        from backend.identity import local

        owner = await local.owner(session)
        assert owner is not None
        assert [key for key in await keys.list_(session, owner) if key.revoked_at is None] == []


async def test_what_was_given_up_is_listed_redriven_and_discarded(house: House) -> None:
    async with db.database().transaction() as session:
        owner = await local.owner(session)
    assert owner is not None
    world = await made.published(owner, given_up.greeting(), "greeting")
    for _ in range(2):
        await given_up.poisoned(world)
    refused(await told("dead-letters", "redrive"), "Which letters?", "--all")
    listed = await done("dead-letters", "list", "--reason", "poison")
    second, first = [line.split()[0] for line in listed.splitlines() if "dl_" in line]
    assert f"{first}  redriven  run_" in await done("dead-letters", "redrive", first)
    assert f"{first}  already  run_" in await done("dead-letters", "redrive", first)
    assert f"{second}  discarded" in await done("dead-letters", "discard", "--note", "Old.", "--all")
    assert "Old." in await done("dead-letters", "show", second)
    wrong = await told("dead-letters", "redrive", second)
    assert (wrong.returncode, "refused" in wrong.stdout) == (1, True)
    assert await done("dead-letters", "queue", "list") == ""


async def test_eval_tells_the_score_by_its_exit_status(house: House, file: Path, tmp_path: Path) -> None:
    house.worker()
    slug = await _applied(file)
    good = CaseWish(name="good", input={"name": "Ada"}, expected={"text": "Hello Ada"})
    bad = CaseWish(name="bad", input={"name": "Max"}, expected={"text": "Bye Max"})
    async with db.database().transaction() as session:
        owner = await local.owner(session)
        assert owner
        await evaluation.create(session, owner, slug, SetWish(name="Fine", cases=[good]))
        await evaluation.create(session, owner, slug, SetWish(name="Strict", cases=[good, bad]))
    said = await done("eval", slug, "--set", "Fine")
    assert "Fine: version 1 scores 1.00; 1 of 1 pass." in said
    report = tmp_path / "report.xml"
    below = await told("eval", slug, "--json", "--min-score", "0.9", "--junit", str(report))
    assert below.returncode == 1, below.stderr
    assert [one["score"] for one in orjson.loads(below.stdout)] == [1, 0.5]
    assert 'tests="2" failures="1"' in report.read_text()
    assert "Bye Max" in report.read_text()
    assert (await told("eval", slug, "--set", "Strict", "--min-score", "0.5")).returncode == 0
    unknown = await told("eval", slug, "--set", "None such")
    refused(unknown, "Fine, Strict")
    assert unknown.returncode == 2


async def test_a_plan_is_made_shown_and_becomes_a_workflow(house: House) -> None:
    goal = "Answer the mails of our customers, and refund what is due."
    said = await done("plan", goal, "--deadline", "2h", "--approve", "money", "--budget", "5", COLUMNS="200")
    assert "Why" in said
    assert "(new)" in said, "nobody is there who could do it"
    assert "Takes " in said
    made = orjson.loads(await done("plan", goal, "--approve", "money", "--accept", "--json"))
    assert (made["state"], made["plan"]["domain"]) == ("accepted", "support")
    assert made["plan"]["goal"]["constraints"]["approvals"] == ["money"]
    drawn = orjson.loads(await done("export", made["workflow_id"], "--format", "json"))
    work = [task for task in made["plan"]["tasks"] if task["kind"] == "work"]
    assert {node["kind"] for node in drawn["nodes"]} >= {"agent", "human_approval"}
    assert sum(node["kind"] == "agent" for node in drawn["nodes"]) == len(work)
    late = await told("plan", goal, "--deadline", "1s")
    assert late.returncode == 1
    assert "Not possible:" in late.stdout
    refused(await told("plan", goal, "--deadline", "soon"), "Write 90s, 30m, 2h or 1d")
    refused(await told("plan", goal, "--prefer", "fun"), "balanced")


async def planned(by: Principal) -> tuple[str, str, str]:
    """A plan of an incident, a run of it that is paused, and the agent that it asks; their ids."""
    can = ("routing", "analysis", "research", "planning", "writing")
    script = "turns:\n  - {say: Done as it was asked.}"
    wish = AgentCreate(
        name="Ann",
        profile={"model": "scripted/script", "script": script},
        capabilities=[CapabilityWish(name=word, proficiency=0.8) for word in can],
    )
    async with db.database().transaction() as session:
        ann = (await agents.create(session, by, wish)).id
    wanted = ("Bring the shop back.", "--domain", "incident", "--deadline", "10m", "--accept", "--json")
    plan = orjson.loads(await done("plan", *wanted))
    begun = await done("run", plan["workflow_id"], "--input", '{"text": "It is down."}', "--version", "draft")
    await done("runs", "pause", begun.strip())
    await watcher.look()
    return plan["id"], begun.strip(), ann


async def test_runs_of_plans_are_watched_decided_about_and_planned_again(house: House) -> None:
    async with db.database().reading() as session:
        owner = await local.owner(session)
    assert owner
    plan_id, run_id, ann = await planned(owner)
    assert plan_id in await done("plans", "list", COLUMNS="60"), "an id is never cut"
    said = await done("plans", "runs", plan_id)
    assert f"{run_id}  Under way, by version 1. 0 of 9 tasks done" in said
    set_ = ("plans", "policy", plan_id)
    assert (
        orjson.loads(await done(*set_, "--replan", "perform", "--most-added", "25"))["most_added_cost"]
        == 0.25
    )
    assert orjson.loads(await done(*set_, "--replan", "ask"))["most_added_cost"] == 0.25, "the rest stays"
    assert orjson.loads(await done(*set_)) == {
        "reallocate": "ask", "replan": "ask", "most_added_cost": 0.25, "set_by": owner.account_id
    }  # fmt: skip
    refused(await told(*set_, "--replan", "soon"), "--replan cannot be 'soon'", "ask or perform")

    said = await done("plans", "replan", plan_id, run_id)
    assert "replan done: " in said
    assert "“Write down what was learned” is not needed any more" in said
    (run,) = orjson.loads(await done("plans", "runs", plan_id, "--json"))["items"]
    assert (run["version"], run["adaptations"][0]["follow"]) == (2, "followed")

    async with db.database().transaction() as session:
        await agents.terminate(session, owner, ann)
        await session.exec(update(PlanRun).values(looked_at=clock.now() - timedelta(minutes=1)))
    await watcher.look()
    said = await done("plans", "runs", plan_id)
    assert "Ann, who should do “Judge the alert”, was terminated." in said
    assert "reallocate proposed: " in said
    (run,) = orjson.loads(await done("plans", "runs", plan_id, "--json"))["items"]
    assert all(one["id"] in said for one in run["adaptations"])
    open_ = next(one["id"] for one in run["adaptations"] if one["state"] == "proposed")
    await done("plans", "decide", plan_id, open_, "--dismiss")
    refused(await told("plans", "decide", plan_id, open_, "--accept"), "It is dismissed already")
    refused(await told("plans", "replan", plan_id, "run_nothing"), "The plan has no such run")
