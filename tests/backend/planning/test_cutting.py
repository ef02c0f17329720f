"""The rest of a goal is taken apart again while a real worker plays the run: by its domain, by a model, and where the model fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.approvals import service as approvals
from backend.approvals.schemas import ApprovalPublic
from backend.core import clock, db
from backend.identity.principal import Principal
from backend.planning import accepting, service
from backend.planning.plan import Constraints, TeamPlan
from backend.planning.schemas import Accepting, How, PlanCreate, PlanDetail
from backend.planning.watch_models import PlanRun
from backend.planning.watching import adapting, policy
from backend.planning.watching.policy import Policy
from backend.planning.watching.schemas import AdaptationPublic
from backend.runs.models import Run
from backend.worker import plans as watcher
from tests.backend.identity import people
from tests.backend.planning.test_asking import answer as planned_by_it
from tests.backend.planning.test_asking import task
from tests.backend.planning.test_following import seen, started
from tests.backend.runs import made
from tests.backend.worker.conftest import house
from tests.backend.worker.house import House, events, steps
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, openai_stream, serving

__all__ = ["house"]
pytestmark = [
    pytest.mark.db,
    pytest.mark.redis,
    pytest.mark.usefixtures("nobody_embeds", "solved_here"),
]


class Provider:
    """Agents say that they did it, the first of them once it may; the model called `planner` says what the test has written."""

    def __init__(self, *plans: str) -> None:
        self.plans, self.speak = list(plans), asyncio.Event()
        self.tasks: list[str] = []
        self.asked: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        body = asked.json()
        text = body["messages"][-1]["content"]
        if body["model"] == "nobody":
            return Answer(401)
        if body["model"] == "planner":
            self.asked.append("\n".join(one["content"] for one in body["messages"]))
            return openai_stream(self.plans.pop(0))
        self.tasks.append(text)
        found = openai_stream(f"Result {len(self.tasks)}.")
        found.until = self.speak
        return found


@asynccontextmanager
async def running(
    house: House, environment: pytest.MonkeyPatch, provider: Provider, wish: PlanCreate
) -> AsyncIterator[tuple[Principal, PlanDetail, str]]:
    """A plan, and a run of it whose first task is under way with a real worker, until the provider may speak."""
    by = (await people.person(await people.team(), "editor")).by
    async with serving(provider.answer) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
        forget_settings()
        await employed(by)
        plan = await service.create(by, wish)
        async with db.database().transaction() as session:
            done = await accepting.accept(session, by, plan.id, Accepting(draw=True))
        house.worker()
        run_id = await started(by, done)
        await house.until(run_id, lambda _: bool(provider.tasks))
        await watcher.look()
        yield by, done, run_id
        provider.speak.set()


async def employed(by: Principal) -> None:
    can = ("routing", "analysis", "research", "planning", "writing")
    wish = AgentCreate(
        name="ann",
        profile={"model": "compatible:ann"},
        capabilities=[CapabilityWish(name=word, proficiency=0.8) for word in can],
    )
    async with db.database().transaction() as session:
        await agents.create(session, by, wish)


async def replanned(by: Principal, plan_id: str, run_id: str, how: How | None = None) -> AdaptationPublic:
    await adapting.replan(by, plan_id, run_id, how)
    return (await seen(by, run_id)).adaptations[-1]


async def ended(house: House, provider: Provider, run_id: str) -> Run:
    """The run, once it has followed and come to its end."""
    before = (await made.state(run_id)).version_id
    provider.speak.set()
    await house.until(run_id, lambda run: run.status == "paused" or run.version_id != before)
    await watcher.look()
    run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    return run


async def body(by: Principal, plan_id: str) -> TeamPlan:
    async with db.database().reading() as session:
        return (await service.get(session, by, plan_id)).plan


INCIDENT = PlanCreate(
    goal="Bring the shop back.",
    domain="incident",
    constraints=Constraints(deadline_seconds=600, agents=("ann",)),
)


async def test_with_less_time_left_the_domain_takes_the_shorter_way_and_the_run_goes_it(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    provider = Provider()
    async with running(house, environment, provider, INCIDENT) as (by, done, run_id):
        assert {"logs", "changes", "runbook", "learn"} <= {one.id for one in done.plan.tasks}
        adapted = await replanned(by, done.id, run_id)
        assert (adapted.state, adapted.version, adapted.follow) == ("done", 2, "pausing"), adapted.outcome
        for title in ("Read logs and metrics", "Look for recent changes", "Write down what was learned"):
            assert f"“{title}” is not needed any more" in adapted.outcome
        run = await ended(house, provider, run_id)
    played = [one.node_id for one in await steps(run)]
    assert played == ["start", "triage_alert", "diagnose", "plan_action", "act", "confirm", "output"]
    assert "Result 1." in provider.tasks[1], "what was done is told to whoever goes on"
    assert "“Judge the alert”" in provider.tasks[1]
    found = await seen(by, run_id)
    assert (found.version, found.adaptations[-1].follow) == (2, "followed")
    plan = await body(by, done.id)
    said = [one.text for one in plan.reasons if one.about == "rest"]
    why = "“Respond to the incident” is done by “Contain first, for time is short” now."
    assert f"“Write down what was learned” is not needed any more: {why}" in said
    assert {one.id for one in plan.work()} == {"triage_alert", "diagnose", "plan_action", "act", "confirm"}
    assert set(plan.critical) <= {one.id for one in plan.work()}
    (told,) = [one.data for one in await events(run) if one.kind == "plan.adapted"]
    assert "is not needed any more" in told["message"]
    async with db.database().transaction() as session:
        await accepting.accept(session, by, done.id, Accepting())
    shown = await accepting.proposal(by, done.id)
    gone = {one.id for one in shown.comparison.changes if one.what == "node" and one.how == "removed"}
    assert {"logs", "changes", "runbook", "learn"} <= gone


DRAFT = task("draft")
LETTER = planned_by_it(DRAFT, task("check", needs=("draft",)), task("post", needs=("check",)))
MODEL = PlanCreate(goal="Write to Ada.", model="compatible:planner")


def rest(*tasks: dict[str, object], **dropped: str) -> str:
    gone = [{"id": name, "why": why} for name, why in dropped.items()]
    return planned_by_it(*tasks)[:-1] + f', "dropped": {json.dumps(gone)}}}'


async def test_a_model_takes_the_rest_apart_and_says_why_something_is_dropped(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    better = rest(
        task("polish", needs=("draft",)), task("post", needs=("polish",)), check="Ada checks herself."
    )
    provider = Provider(LETTER, better)
    async with running(house, environment, provider, MODEL) as (by, done, run_id):
        adapted = await replanned(by, done.id, run_id)
        assert adapted.state == "done", adapted.outcome
        run = await ended(house, provider, run_id)
    assert "have begun or are done" in provider.asked[1]
    assert "- draft (work): Draft. Do it." in provider.asked[1]
    assert [one.node_id for one in await steps(run)] == ["start", "draft", "polish", "post", "output"]
    reasons = [one.text for one in (await body(by, done.id)).reasons]
    assert "“Check” is not needed any more: Ada checks herself." in reasons


async def test_a_question_about_a_task_that_is_dropped_is_withdrawn_with_its_reason(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    letter = planned_by_it(DRAFT, task("post", needs=("draft",), does=["external"]))
    provider = Provider(letter, rest(task("polish", needs=("draft",)), post="Nobody wants a letter."))
    wish = MODEL.model_copy(update={"constraints": Constraints(approvals=("external",))})
    async with running(house, environment, provider, wish) as (by, done, run_id):
        provider.speak.set()
        await house.until(run_id, lambda run: run.status == "waiting_person")
        decider = (await people.person(by.team_id, "approver")).by
        (asked,) = await inbox(decider)
        await watcher.look()
        adapted = await replanned(by, done.id, run_id)
        assert (adapted.state, adapted.follow) == ("done", "followed"), adapted.outcome
        run = await house.ended(run_id)
    assert run.status == "succeeded", run.error
    assert isinstance(run.output, dict)
    assert run.output["status"] == "done", "nobody has said no"
    assert "polish" in {one.node_id for one in await steps(run)}
    assert await inbox(decider) == []
    async with db.database().reading() as session:
        found = await approvals.get(session, decider, asked.id)
    assert (found.status, found.may_decide) == ("withdrawn", False)
    assert found.decision is not None
    assert found.decision.comment == (
        "The rest of the plan was planned again: “Post” is not done any more as it was asked about."
    )
    (told,) = [one.data for one in await events(run) if one.kind == "approval.decided"]
    assert (told["verdict"], told["by"]) == ("withdrawn", by.account_id)
    with pytest.raises(approvals.AlreadyDecided, match="withdrawn"):
        async with db.database().transaction() as session:
            await approvals.decide(
                session, decider, asked.id, verdict="approved", arguments_hash=found.arguments_hash
            )


async def inbox(by: Principal) -> list[ApprovalPublic]:
    async with db.database().reading() as session:
        return await approvals.open_for(session, by)


async def test_where_the_model_gives_no_rest_the_tasks_stay_and_it_says_so(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    provider = Provider(LETTER, "Sure!", rest(task("draft"), task("post")))
    async with running(house, environment, provider, MODEL) as (by, done, run_id):
        adapted = await replanned(by, done.id, run_id)
        assert (adapted.state, adapted.version) == ("done", 2)
        assert adapted.outcome.startswith("compatible:planner gave no plan for the rest: ")
        assert "Two tasks are called “draft”" in adapted.outcome
        assert "The tasks stay as they were." in adapted.outcome
        run = await ended(house, provider, run_id)
    assert "It is not JSON" in provider.asked[2]
    assert [one.node_id for one in await steps(run)] == ["start", "draft", "check", "post", "output"]


async def test_where_a_model_that_was_chosen_for_the_rest_is_away_the_domain_takes_it_apart(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    provider = Provider()
    async with running(house, environment, provider, INCIDENT) as (by, done, run_id):
        adapted = await replanned(by, done.id, run_id, How(model="compatible:nobody"))
        assert adapted.state == "done"
        assert adapted.outcome.startswith("compatible:nobody gave no plan for the rest: ")
        run = await ended(house, provider, run_id)
    plan = await body(by, done.id)
    assert (plan.source, plan.domain) == ("domain", "incident")
    assert "learn" not in {one.node_id for one in await steps(run)}


async def test_a_late_run_is_planned_again_by_the_policy_and_ends_in_time(
    house: House, environment: pytest.MonkeyPatch
) -> None:
    provider = Provider()
    async with running(house, environment, provider, INCIDENT) as (by, done, run_id):
        async with db.database().transaction() as session:
            await policy.write(session, by, done.id, Policy(reallocate="perform", replan="perform"))
            begun = clock.now() - timedelta(seconds=300)
            await session.exec(update(Run).where(col(Run.id) == run_id).values(started_at=begun))
        async with asyncio.timeout(60):
            while (await seen(by, run_id)).version != 2 and not await _asked_to_pause(run_id):
                await watcher.look()
                await asyncio.sleep(0.1)
        (only,) = (await seen(by, run_id)).adaptations
        assert (only.kind, only.state, only.by_policy) == ("replan", "done", True), (
            "nobody is quicker than the others"
        )
        run = await ended(house, provider, run_id)
    found = await seen(by, run_id)
    assert "deadline" in {one.kind for one in found.deviations}
    assert [one.node_id for one in await steps(run)][-2:] == ["confirm", "output"]
    async with db.database().reading() as session:
        watched = (await session.exec(select(PlanRun).where(col(PlanRun.run_id) == run_id))).one()
    assert watched.version == 2


async def _asked_to_pause(run_id: str) -> bool:
    return (await made.state(run_id)).pause_requested
