"""A run leaves its plan, and what is done about it is really done: a worker plays it, others take over, and it ends well."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.approvals import service as approvals
from backend.core import db
from backend.core.errors import NotAllowed
from backend.identity.models import AuditEntry, Member
from backend.identity.principal import Principal
from backend.planning import accepting, service
from backend.planning.plan import Constraints
from backend.planning.schemas import Accepting, PlanCreate, PlanDetail
from backend.planning.watching import adapting, policy, reading
from backend.planning.watching.policy import Policy
from backend.planning.watching.schemas import AdaptationPublic, RunOfPlan
from backend.runs import service as runs
from backend.runs import starting
from backend.runs.models import Run
from backend.worker import plans as watcher
from backend.workflows.models import Version
from tests.backend.identity import people
from tests.backend.planning.test_accepting import CAN as SOME
from tests.backend.planning.test_accepting import scripted
from tests.backend.planning.test_watching import plan as drawn_up
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, staged
from tests.backend.worker.conftest import house
from tests.backend.worker.house import House, events
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, openai_stream, serving

__all__ = ["house"]
pytestmark = [pytest.mark.db, pytest.mark.usefixtures("nobody_embeds", "solved_here")]

CAN = (*SOME, "planning", "synthesis")


class Models:
    """Answers for every agent by the name of its model; the first of them waits until it may speak."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.speak = asyncio.Event()

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked.json()["model"])
        found = openai_stream(f"{self.asked[-1]} did it.")
        found.until = self.speak
        return found


async def employed(by: Principal, name: str, model: str = "") -> str:
    wish = AgentCreate(
        name=name,
        profile={"model": model or f"compatible:{name}"},
        capabilities=[CapabilityWish(name=word, proficiency=0.8) for word in CAN],
    )
    async with db.database().transaction() as session:
        return (await agents.create(session, by, wish)).id


async def accepted(by: Principal, **constraints: object) -> PlanDetail:
    """A plan for anything, drawn."""
    wish = PlanCreate(
        goal="Answer what is asked.", domain="generic", constraints=Constraints.model_validate(constraints)
    )
    made_ = await service.create(by, wish)
    async with db.database().transaction() as session:
        return await accepting.accept(session, by, made_.id, Accepting(draw=True))


async def started(by: Principal, done: PlanDetail) -> str:
    async with db.database().transaction() as session:
        run = await starting.start(
            session, by, workflow_id=done.workflow_id or "", input={"text": "It is late."}, version="draft"
        )
    return run.id


async def seen(by: Principal, run_id: str) -> RunOfPlan:
    async with db.database().reading() as session:
        return await reading.of_run(session, by, run_id)


async def terminated(by: Principal, agent_id: str) -> None:
    async with db.database().transaction() as session:
        await agents.terminate(session, by, agent_id)


async def decided(by: Principal, run_id: str) -> AdaptationPublic:
    """The first adaptation once it is done, by the worker or by the same look from here."""
    async with asyncio.timeout(60):
        while True:
            await watcher.look()
            found = [one for one in (await seen(by, run_id)).adaptations if one.state != "proposed"]
            if found:
                return found[0]
            await asyncio.sleep(0.1)


@pytest.mark.redis
async def test_the_policy_gives_the_work_of_who_is_gone_to_others_and_the_run_ends_by_the_new_version(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    by, models = (await people.person(await people.team(), "editor")).by, Models()
    async with serving(models.answer) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
        forget_settings()
        ann = await employed(by, "ann")
        done = await accepted(by)
        async with db.database().transaction() as session:
            await policy.write(session, by, done.id, Policy(reallocate="perform"))
        house.worker()
        run_id = await started(by, done)
        await house.until(run_id, lambda _: bool(models.asked))
        await employed(by, "ben")
        await terminated(by, ann)
        adapted = await decided(by, run_id)
        assert (adapted.kind, adapted.state, adapted.by_policy, adapted.version) == (
            "reallocate", "done", True, 2
        )  # fmt: skip
        assert adapted.follow == "pausing", "the step under way is let end first"
        before = (await made.state(run_id)).version_id
        models.speak.set()
        await house.until(run_id, lambda run: run.status == "paused" or run.version_id != before)
        await watcher.look()
        run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    assert run.version_id != before
    work = len([task for task in done.plan.tasks if task.kind == "work"])
    assert models.asked == ["ann", *["ben"] * (work - 1)]
    found = await seen(by, run_id)
    assert (found.adaptations[0].follow, found.version) == ("followed", 2)
    told = [one for one in await events(run) if one.kind in ("plan.adapted", "run.repaired")]
    assert [one.kind for one in told] == ["plan.adapted", "run.repaired"]
    assert told[0].data["by_policy"] is True
    assert told[1].data["note"] == "Follows version 2 of its plan."
    async with db.database().reading() as session:
        query = select(AuditEntry).where(col(AuditEntry.action) == "plan.adapted")
        (entry,) = (await session.exec(query)).all()
    assert entry.details["by_policy"] is True


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


async def asking(stage: Stage, **constraints: object) -> tuple[PlanDetail, Run, str]:
    """A run of a plan that waits for a person after its first task."""
    ann = await scripted(stage.by, "ann", *CAN)
    done = await accepted(stage.by, approvals=("read",), **constraints)
    run = await stage.play(await started(stage.by, done))
    assert run.status == "waiting_person", run.error
    return done, run, ann


async def test_the_rest_is_planned_again_with_agents_that_lack_and_a_waiting_run_follows_at_once(
    stage: Stage,
) -> None:
    done, run, ann = await asking(stage)
    await watcher.look()
    ben = await scripted(stage.by, "ben", *(word for word in CAN if word != "summarizing"))
    await terminated(stage.by, ann)
    await adapting.replan(stage.by, done.id, run.id)
    found = await seen(stage.by, run.id)
    adapted = found.adaptations[-1]
    assert (adapted.kind, adapted.state, adapted.follow, found.version) == ("replan", "done", "followed", 2)
    assert "“Hand it over” goes to Summarizer" in adapted.outcome
    async with db.database().reading() as session:
        again = await service.get(session, stage.by, done.id)
        version = await session.get_one(Version, (await made.state(run.id)).version_id)
    assert {one.task: one.member for one in again.plan.assignments}["plan"] == ann, "what is done stays"
    asks = {
        node["id"]: node["config"]["agent"] for node in version.diagram["nodes"] if node["kind"] == "agent"
    }
    assert (asks["plan"], asks["gather"], asks["do"]) == (ann, ben, ben)
    assert asks["hand_over"] in {one.id for one in again.plan.members} - {ann, ben}
    assert (await made.state(run.id)).status == "queued", "it goes on, to wait where it was"
    assert (await stage.play(run.id)).status == "waiting_person"
    async with db.database().transaction() as session:
        (asked,) = await approvals.open_for(session, stage.by)
        await approvals.decide(
            session, stage.by, asked.id, verdict="rejected", arguments_hash=asked.arguments_hash
        )
    ended = await stage.play(run.id)
    assert (ended.status, ended.output) == (
        "succeeded",
        {"status": "not approved"} | dict(ended.output or {}),
    )
    with pytest.raises(adapting.NothingLeft):
        await adapting.replan(stage.by, done.id, run.id)


async def test_who_paused_a_run_resumes_it_and_where_nobody_can_it_is_planned_again(stage: Stage) -> None:
    done, run, ann = await asking(stage, new_agents=False)
    async with db.database().transaction() as session:
        await runs.pause(session, stage.by, run.id)
        await policy.write(session, stage.by, done.id, Policy(reallocate="perform", replan="ask"))
    await terminated(stage.by, ann)
    await watcher.look()
    first, second = (await seen(stage.by, run.id)).adaptations
    assert (first.kind, first.state, second.kind, second.state) == (
        "reallocate",
        "failed",
        "replan",
        "proposed",
    )
    await scripted(stage.by, "ben", *CAN)
    async with db.database().transaction() as session:
        await policy.write(session, stage.by, done.id, Policy(replan="perform"))
    await watcher.look()
    second = (await seen(stage.by, run.id)).adaptations[-1]
    assert (second.state, second.follow, second.by_policy) == ("done", "followed", True)
    assert (await made.state(run.id)).status == "paused"


async def test_a_policy_is_performed_only_by_somebody_who_may_and_within_its_limits(stage: Stage) -> None:
    done, run, ann = await asking(stage)
    viewer = (await people.person(stage.by.team_id, "viewer")).by
    async with db.database().transaction() as session:
        with pytest.raises(NotAllowed):
            await policy.write(session, viewer, done.id, Policy(reallocate="perform"))
    someone = await people.person(stage.by.team_id, "editor")
    async with db.database().transaction() as session:
        await policy.write(session, someone.by, done.id, Policy(reallocate="perform"))
        member = (
            await session.exec(select(Member).where(col(Member.account_id) == someone.by.account_id))
        ).one()
        member.roles = ["viewer"]
        session.add(member)
    await scripted(stage.by, "ben", *CAN)
    await terminated(stage.by, ann)
    await watcher.look()
    (left,) = (await seen(stage.by, run.id)).adaptations
    assert (left.state, left.by_policy) == ("proposed", False)
    assert "role" in left.left_why
    old, new = drawn_up(), drawn_up().model_copy(update={"cost": 0.06})
    assert (
        Policy(most_added_cost=0.5).refusal(old, new) == "It costs $0.0300 more; the policy allows $0.0150."
    )
    assert Policy(most_added_cost=1).refusal(old, new) == ""
