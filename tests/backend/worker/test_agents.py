"""Steps ask agents: the version that a run asked first, one row a step, and outcomes that count once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.agents import service
from backend.agents.asking import Asked, CannotWork, NoSuchAgent
from backend.agents.schemas import AgentChange, AgentCreate, AgentDetail, CapabilityWish
from backend.core import clock, db
from backend.engine.ports import StepId
from backend.monitoring import agent_figures
from backend.nodes.agent_profile import AgentProfile
from backend.runs import removal, starting
from backend.runs.models import EffectRecord, StepRecord
from backend.worker import agents
from backend.workflows import service as workflows
from backend.workflows import versions
from backend.workflows.agents_named import CannotAsk
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs import made
from tests.backend.worker.house import House

pytestmark = pytest.mark.db


async def employed(world: made.World, name: str = "Ada", **profile: Any) -> AgentDetail:
    wish = AgentCreate(name=name, profile=profile, capabilities=[CapabilityWish(name="law", proficiency=0.5)])
    async with db.database().transaction() as session:
        return await service.create(session, world.by, wish)


async def changed(world: made.World, goal: str) -> None:
    async with db.database().transaction() as session:
        await service.change(session, world.by, "Ada", AgentChange(profile=AgentProfile(goal=goal)))


async def seen(world: made.World, name: str = "Ada") -> AgentDetail:
    async with db.database().reading() as session:
        return await service.get(session, world.by, name)


async def ask(world: made.World, run_id: str, node: str = "judge", name: str = "Ada") -> Asked:
    return await agents.ask(world.by.team_id, run_id, StepId(node), name)


async def over(world: made.World, run_id: str, node: str = "judge", ms: float = 100, **ended: Any) -> None:
    """The step as the engine leaves it, and what it asked of a model."""
    place: dict[str, Any] = {"run_id": run_id, "node_id": node, "team_id": world.by.team_id}
    at = clock.now()
    row = StepRecord(**place, status="succeeded", started_at=at - timedelta(milliseconds=ms), finished_at=at)
    for name, value in ended.items():
        setattr(row, name, value)
    asked = EffectRecord(**place, n=0, kind="chat", digest="d", model="openai:gpt-5", input_tokens=1000)
    asked.output_tokens = 200
    async with db.database().transaction() as session:
        session.add_all((row, asked))


async def test_a_run_keeps_the_version_that_it_asked_first(database: db.Database) -> None:
    world = await made.world()
    first, second = await made.run(world), await made.run(world)
    agent = await employed(world, goal="One")
    assert (await ask(world, first)).version == 1
    await changed(world, "Two")
    again = await ask(world, first, "other")
    assert (again.version, again.profile.goal, again.agent_id) == (1, "One", agent.id)
    assert (await ask(world, second)).profile.goal == "Two"
    assert (await seen(world)).state == "executing"


async def test_an_outcome_counts_once_and_the_agent_comes_to_rest(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world)
    await employed(world)
    for node in ("good", "bad", "scored"):
        await ask(world, run_id, node)
        await ask(world, run_id, node)
    await over(world, run_id, "good")
    await over(world, run_id, "bad", status="failed", error={"code": "invalid", "message": "No."})
    assert await agents.look() == 2
    assert (await seen(world)).state == "executing"
    await over(world, run_id, "scored", output={"score": 0.5})
    assert [await agents.look(), await agents.look()] == [1, 0]
    found = await seen(world)
    (law,) = found.capabilities
    assert (law.steps, law.succeeded) == (3, 2)
    newest = law.outcomes[0]
    assert (newest.node_id, newest.succeeded, newest.score) == ("scored", True, 0.5)
    assert found.state == "completed"
    assert [one.to_state for one in found.transitions[:2]] == ["completed", "executing"]


async def test_a_failed_agent_is_validated_before_it_executes_again(database: db.Database) -> None:
    world = await made.world()
    run_id = await made.run(world)
    await employed(world)
    await ask(world, run_id)
    await over(world, run_id, status="failed", error={"code": "invalid", "message": "No."})
    await agents.look()
    assert (await seen(world)).state == "failed"
    await ask(world, run_id, "next")
    went = [one.to_state for one in (await seen(world)).transitions[:4]]
    assert went == ["executing", "ready", "validating", "initializing"]


async def test_what_was_stopped_says_nothing(database: db.Database) -> None:
    world = await made.world()
    run_id, gone = await made.run(world), await made.run(world, "cancelled")
    await employed(world)
    await ask(world, run_id)
    await ask(world, gone)
    await over(world, run_id, status="failed", error={"code": "cancelled", "message": "Stopped."})
    await agents.look()
    found = await seen(world)
    assert (found.state, found.capabilities[0].steps) == ("completed", 0)
    async with database.reading() as session:
        assert (await agent_figures.statistics(session, world.by, "Ada")).total.steps == 0
    assert await removal.remove(gone)


async def test_who_cannot_be_asked_is_refused_with_a_fix(database: db.Database) -> None:
    world, other = await made.world(), await made.world()
    run_id = await made.run(world)
    await employed(other, "Bob")
    await employed(world, "Broken", model="nobody")
    ended = await employed(world, "Ended")
    async with database.transaction() as session:
        await service.terminate(session, world.by, ended.id)
    for name, error in (("Bob", NoSuchAgent), ("Broken", CannotWork), ("Ended", CannotWork)):
        with pytest.raises(error, match=f"“{name}”") as refused:
            await ask(world, run_id, name=name)
        assert refused.value.fix


SCRIPT = "turns: [{say: 'It holds.'}]"


def judged(agent: str) -> Diagram:
    """A workflow whose one node leaves its work to an agent of the team."""
    node = Node(
        id="judge", kind="agent", name="Judge it", config={"task": "{{ input.text }}", "agent": agent}
    )
    return made.chain(Node(id="start", kind="start"), node, Node(id="output", kind="output"))


async def start(world: made.World) -> str:
    async with db.database().transaction() as session:
        return (
            await starting.start(session, world.by, workflow_id=world.workflow_id, input={"text": "x"})
        ).id


CODES = {"Nobody": "no_such_agent", "Broken": "agent_cannot_work", "Ended": "agent_terminated"}


@pytest.mark.parametrize("name", CODES)
async def test_a_run_that_names_who_cannot_be_asked_is_refused(database: db.Database, name: str) -> None:
    world = await made.world(judged(name))
    await employed(world, "Broken", model="nobody")
    ended = await employed(world, "Ended")
    async with database.transaction() as session:
        await service.terminate(session, world.by, ended.id)
        draft = await workflows.create(session, world.by, judged(name))
        problem = (await workflows.problems(session, world.by, draft.id))[-1]
        assert (problem.code, problem.severity) == (CODES[name], "error")
        with pytest.raises(versions.NotPublishable):
            await versions.publish(session, world.by, draft.id)
    assert (problem.node_id, problem.place) == ("judge", "nodes.judge.config.agent")
    with pytest.raises(CannotAsk, match=f"“Judge it” .judge. names the agent “{name}”") as refused:
        await start(world)
    assert refused.value.problems[0].fix


@pytest.mark.redis
async def test_a_run_asks_the_agent_that_its_node_names(house: House) -> None:
    world = await made.world(judged("Ada"))
    agent = await employed(world, model="scripted/script", script=SCRIPT)
    house.worker()
    run = await house.ended(await start(world))
    assert run.status == "succeeded", run.error
    async with db.database().reading() as session:
        record = await session.get(StepRecord, (run.id, "judge", "", 1))
        uses = await agent_figures.uses(session, world.by, "Ada")
    assert record is not None
    assert record.output["text"] == "It holds."
    assert record.output["agent"] == {"id": agent.id, "version": 1}
    assert [(use.name, use.nodes) for use in uses.items] == [("Chain", ["“Judge it” (judge)"])]
    await until(lambda found: found.state == "completed" and found.capabilities[0].steps == 1, world)


async def until(when: Callable[[AgentDetail], bool], world: made.World) -> None:
    """Wait until the worker has looked."""
    async with asyncio.timeout(60):
        while not when(await seen(world)):
            await asyncio.sleep(0.05)


async def test_statistics_are_those_of_the_steps(
    database: db.Database, environment: pytest.MonkeyPatch
) -> None:
    world = await made.world()
    run_id = await made.run(world, "succeeded")
    agent = await employed(world)
    for number in range(1, 21):
        await ask(world, run_id, f"n{number}")
        failed = {"status": "failed", "error": {"code": "x", "message": "No."}} if number > 18 else {}
        await over(world, run_id, f"n{number}", ms=number * 10, **failed)
    await agents.look()
    await changed(world, "Two")
    second = await made.run(world)
    await ask(world, second)
    async with database.reading() as session:
        found = await agent_figures.statistics(session, world.by, agent.id)
        listed = await agent_figures.of_many(session, world.by, [agent.id])
    total = found.total
    assert (total.steps, total.succeeded, total.failed, total.open) == (20, 18, 2, 1)
    assert total.success_rate == 0.9
    assert (total.p50_ms, total.p95_ms) == (pytest.approx(110, abs=1), pytest.approx(200, abs=1))
    assert (total.input_tokens, total.output_tokens) == (20_000, 4_000)
    assert [(one.version, one.steps, one.open) for one in found.versions] == [(2, 0, 1), (1, 20, 0)]
    assert [(one.run_id, one.steps, one.status) for one in found.runs] == [
        (second, 1, "running"),
        (run_id, 20, "succeeded"),
    ]
    assert listed[agent.id] == total
