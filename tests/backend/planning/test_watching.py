"""Runs beside their plans: what deviates is told once, odd figures stand out, and tasks go to others."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlmodel import col, select, update

from app.api import api
from backend.agents import service as agents
from backend.agents.schemas import AgentCreate, CapabilityWish
from backend.core import clock, db, ids
from backend.identity import keys
from backend.monitoring import service as alarms
from backend.monitoring.schemas import AlarmWish
from backend.notifications import service as notifications
from backend.planning import service
from backend.planning.models import Plan, PlanVersion
from backend.planning.plan import Assignment, Constraints, Goal, Member, Task, TeamPlan
from backend.planning.watch_models import PlanRun
from backend.planning.watching import adapting, looking, proposing, reading, robust
from backend.planning.watching.deviations import deviations
from backend.planning.watching.facts import Course, Did
from backend.planning.watching.forecast import forecast
from backend.planning.watching.schemas import RunOfPlan
from backend.runs.models import EffectRecord, RunEvent, StepRecord
from backend.worker import plans as watcher
from backend.workflows.diagram import Node
from tests.backend.runs import made

SECONDS = 100.0


def plan(members: Sequence[str] = ("ann", "ben"), **limits: Any) -> TeamPlan:
    """Read, then write, then check; a hundred seconds each."""
    names = ("read", "write", "check")
    return TeamPlan(
        goal=Goal(text="Answer it", constraints=Constraints(**limits)),
        title="Answer",
        source="generic",
        tasks=tuple(
            Task(
                id=name,
                title=name.title(),
                needs=names[:n][-1:],
                seconds=SECONDS,
                capabilities={"words": 0.5},
            )
            for n, name in enumerate(names)
        ),
        members=tuple(Member(id=one, name=one.title(), capabilities={"words": 0.9}) for one in members),
        assignments=tuple(
            Assignment(
                task=name,
                member=members[0],
                start=n * SECONDS,
                end=(n + 1) * SECONDS,
                cost=0.01,
                tokens=1000,
                critical=True,
            )
            for n, name in enumerate(names)
        ),
        makespan=3 * SECONDS,
        cost=0.03,
    )


def kinds(course: Course) -> set[tuple[str, str]]:
    return {(one.kind, one.task) for one in deviations(course, forecast(course))}


def test_what_goes_as_planned_is_no_deviation() -> None:
    did = {"read": Did(0, 101, "succeeded", cost=0.01, tokens=900), "write": Did(103)}
    course = Course(plan(deadline_seconds=400, max_cost=0.05), now=150, did=did)
    assert kinds(course) == set()
    seen = forecast(course)
    assert (seen.end, seen.cost, seen.done, seen.tasks) == (303, pytest.approx(0.03), 1, 3)


def test_each_rule_tells_what_it_is_for() -> None:
    did = {
        "read": Did(0, 260, "succeeded", retries=2, cost=0.04, tokens=9_000),
        "write": Did(260, 270, "failed"),
    }
    limits: dict[str, Any] = {"deadline_seconds": 350.0, "max_cost": 0.04}
    course = Course(plan(**limits), now=300, did=did, away={"ann": "was terminated"})
    assert kinds(course) == {
        ("late_end", "read"), ("dear", "read"), ("tokens", "read"), ("retried", "read"), ("late_start", "write"),
        ("failed", "write"), ("late_start", "check"), ("away", "check"), ("deadline", ""), ("budget", ""),
    }  # fmt: skip
    said = {one.kind: one.message for one in deviations(course, forecast(course))}
    assert said["deadline"] == "The run will take 7 min; the deadline is 6 min."
    assert said["away"] == "Ann, who should do “Check”, was terminated."
    assert all(
        one.severity == "high" for one in deviations(course, forecast(course)) if one.kind == "late_start"
    )


def test_a_run_that_has_ended_waits_for_nothing() -> None:
    course = Course(plan(deadline_seconds=350), now=900, did={"read": Did(0, 100, "succeeded")}, over=True)
    assert kinds(course) == set()
    assert forecast(course).end == 100


def test_odd_is_what_the_median_and_the_MAD_of_past_runs_say() -> None:
    """Iglewicz and Hoaglin: 0.6745 times the distance from the median, over the MAD, above 3.5."""
    past = (9.0, 10, 10, 10, 11, 11, 12, 10, 500)  # one odd run among them moves neither
    assert robust.score(14, past) == pytest.approx(0.6745 * 4 / 1)
    assert not robust.is_much(14, past)
    assert robust.is_much(16, past)
    assert not robust.is_much(0, past)
    assert robust.score(99, past[:7]) is None
    assert robust.score(99, (5.0,) * 9) is None
    assert robust.is_much(50, (5.0,) * 8 + (6.0,))
    figures: dict[tuple[str, Any], tuple[float, ...]] = {("read", "seconds"): past, ("read", "tokens"): past}
    course = Course(plan(), now=101, did={"read": Did(0, 99, "succeeded", tokens=11)}, past=figures)
    assert kinds(course) == {("odd_seconds", "read")}


class Planned:
    """A team with two agents, an accepted plan, and a run of its workflow."""

    def __init__(self, world: made.World, plan_id: str, run_id: str, people: dict[str, str]) -> None:
        self.world, self.plan_id, self.run_id, self.people = world, plan_id, run_id, people

    async def seen(self) -> RunOfPlan:
        async with db.database().reading() as session:
            return await reading.of_run(session, self.world.by, self.run_id)

    async def again(self) -> int:
        """Another look, as if its time had come."""
        async with db.database().transaction() as session:
            await session.exec(update(PlanRun).values(looked_at=clock.now() - timedelta(minutes=1)))
        return await watcher.look()


async def planned(ago: float, **limits: Any) -> Planned:
    """The run began so many seconds ago."""
    nodes = [
        Node(id="start", kind="start"),
        *(Node(id=name, kind="agent") for name in ("read", "write", "check")),
    ]
    world = await made.world(made.chain(*nodes))
    people = {name: await _agent(world, name) for name in ("ann", "ben")}
    body = plan((people["ann"], people["ben"]), **limits)
    began = clock.now() - timedelta(seconds=ago)
    before = began - timedelta(days=1)
    row = Plan(
        id=ids.new("plan"),
        team_id=world.by.team_id,
        title="Answer",
        goal="Answer it",
        state="accepted",
        accepted_version=1,
        workflow_id=world.workflow_id,
        created_by=world.by.account_id,
        created_at=before,
        changed_at=before,
    )
    async with db.database().transaction() as session:
        session.add(row)
        await session.flush()
        session.add(
            PlanVersion(
                plan_id=row.id,
                number=1,
                team_id=row.team_id,
                body=body.model_dump(mode="json"),
                nodes={name: name for name in ("read", "write", "check")},
                agents={one: one for one in people.values()},
                created_by=row.created_by,
                created_at=before,
            )
        )
    run_id = await made.run(world, created_at=began, started_at=began)
    return Planned(world, row.id, run_id, people)


async def _agent(world: made.World, name: str) -> str:
    wish = AgentCreate(name=name, capabilities=[CapabilityWish(name="words", proficiency=0.9)])
    async with db.database().transaction() as session:
        return (await agents.create(session, world.by, wish)).id


async def stepped(run_id: str, team_id: str, began: float, seconds: float, tokens: int = 10) -> None:
    """The run read, so many seconds ago."""
    at = clock.now() - timedelta(seconds=began)
    place: dict[str, Any] = {"run_id": run_id, "node_id": "read", "team_id": team_id}
    step = StepRecord(**place, status="succeeded", started_at=at, finished_at=at + timedelta(seconds=seconds))
    effect = EffectRecord(
        **place, n=1, kind="chat", digest="d", model="m", input_tokens=tokens, output_tokens=0
    )
    async with db.database().transaction() as session:
        session.add_all((step, effect))


@pytest.mark.db
async def test_a_run_that_is_late_is_told_once_in_its_history_and_to_whoever_planned_it(
    database: db.Database,
) -> None:
    one = await planned(ago=300, deadline_seconds=400)
    await stepped(one.run_id, one.world.by.team_id, began=300, seconds=250)
    assert await watcher.look() == 4
    assert await one.again() == 0
    found = await one.seen()
    told = {(each.kind, each.task) for each in found.deviations}
    assert told == {("late_end", "read"), ("late_start", "write"), ("late_start", "check"), ("deadline", "")}
    assert found.forecast is not None
    assert found.forecast.end == pytest.approx(500, abs=60)
    (proposed,) = found.adaptations
    assert (proposed.kind, proposed.state) == ("replan", "proposed"), "nobody is quicker than the others"
    async with database.reading() as session:
        query = select(RunEvent).where(
            col(RunEvent.run_id) == one.run_id, col(RunEvent.kind) == "plan.deviated"
        )
        events = (await session.exec(query)).all()
        page = await notifications.page(session, one.world.by)
    assert {event.node_id for event in events} == {None, "read", "write", "check"}
    assert page.items[0].link == f"/runs/{one.run_id}"
    await adapting.decide(one.world.by, one.plan_id, proposed.id, accept=True)
    replanned, asked = (await one.seen()).adaptations
    assert (replanned.kind, replanned.state) == ("replan", "done")
    assert (asked.kind, asked.state) == ("ask", "proposed"), "the new version is late, too"
    assert asked.reason == "Also planned again the run will take 8 min; the deadline is 7 min."


@pytest.mark.db
async def test_figures_are_compared_with_those_of_past_runs(database: db.Database) -> None:
    one = await planned(ago=30)
    for n in range(robust.FEWEST):
        past = await made.run(one.world, "succeeded", created_at=clock.now() - timedelta(days=2, minutes=n))
        await stepped(past, one.world.by.team_id, began=9000, seconds=5 + n % 3, tokens=100 + n)
    await stepped(one.run_id, one.world.by.team_id, began=29, seconds=28, tokens=105)
    assert await watcher.look() == 1
    (odd,) = (await one.seen()).deviations
    assert (odd.kind, odd.measured, odd.expected) == ("odd_seconds", pytest.approx(28), pytest.approx(6))
    assert "in 8 runs before it was 6 s in the middle" in odd.message


@pytest.mark.db
async def test_tasks_of_who_is_away_go_to_who_remains_as_a_new_version(database: db.Database) -> None:
    one = await planned(ago=10)
    async with database.transaction() as session:
        await agents.terminate(session, one.world.by, one.people["ann"])
    await watcher.look()
    (proposed,) = (await one.seen()).adaptations
    assert proposed.kind == "reallocate"
    await adapting.decide(one.world.by, one.plan_id, proposed.id, accept=True)
    (done,) = (await one.seen()).adaptations
    assert (done.state, done.version) == ("done", 2)
    assert done.outcome == "“Read” goes to ben; “Write” goes to ben; “Check” goes to ben."
    async with database.reading() as session:
        detail = await service.get(session, one.world.by, one.plan_id)
    assert {each.member for each in detail.plan.assignments} == {one.people["ben"]}
    assert detail.plan.makespan == pytest.approx(3 * SECONDS + 10, abs=60)
    with pytest.raises(adapting.AlreadyDecided):
        await adapting.decide(one.world.by, one.plan_id, proposed.id, accept=False)


@pytest.mark.db
async def test_an_alarm_counts_deviations_and_they_go_with_run_and_plan(database: db.Database) -> None:
    one = await planned(ago=250)
    wish = AlarmWish(kind="plan_deviations", threshold=3)
    async with database.transaction() as session:
        await alarms.create(session, one.world.by, wish)
    assert await watcher.look() == 3
    async with database.transaction() as session:
        assert await alarms.look(session) == 1
    async with database.reading() as session:
        (alarm,) = (await alarms.list_(session, one.world.by)).items
    assert alarm.message == "Runs left their plans 3 times in 60 minutes."
    async with database.transaction() as session:
        await service.remove(session, one.world.by, one.plan_id)
    async with database.reading() as session:
        assert (await session.exec(select(PlanRun))).all() == []


@pytest.mark.db
async def test_of_workers_that_look_at_once_one_takes_up_a_run_and_the_others_go_on(
    database: db.Database,
) -> None:
    one = await planned(ago=250)
    told = await asyncio.gather(*(watcher.look() for _ in range(4)))
    assert sorted(told) == [0, 0, 0, 3]
    assert {each.kind for each in (await one.seen()).deviations} == {"late_start"}


@pytest.mark.db
async def test_a_plan_that_cannot_be_read_keeps_no_other_from_being_watched(database: db.Database) -> None:
    broken, sound = await planned(ago=300), await planned(ago=250)
    async with database.transaction() as session:
        version = await session.get_one(PlanVersion, (broken.plan_id, 1))
        version.body = {**version.body, "tasks": "none"}
        session.add(version)
    begun = clock.now()
    assert await watcher.look() == 3
    assert {one.kind for one in (await sound.seen()).deviations} == {"late_start"}
    assert (await broken.seen()).deviations == []
    async with database.reading() as session:
        query = select(PlanRun).where(col(PlanRun.looked_at) < begun)
        assert (await session.exec(query)).all() == [], "what is broken waits for its turn as well"


def test_a_late_run_of_which_nothing_is_left_asks_a_person() -> None:
    did = {name: Did(n * 200, n * 200 + 199, "succeeded") for n, name in enumerate(("read", "write"))}
    course = Course(plan(deadline_seconds=400), now=450, did={**did, "check": Did(400)})
    new = deviations(course, forecast(course))
    assert [kind for kind, why in proposing.wanted(course, new) if "deadline" in why] == ["ask"]


async def test_over_http_runs_of_a_plan_are_listed_and_decided_about(sqlite_database: db.Database) -> None:
    one = await planned(ago=250, deadline_seconds=200)
    await watcher.look()
    app: FastAPI = api()
    async with sqlite_database.transaction() as session:
        _, key = await keys.create(session, one.world.by, name="k", roles=("editor",))
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
        page = (await http.get(f"/api/v1/plans/{one.plan_id}/runs")).json()
        (run,) = page["items"]
        assert run["run_id"] == one.run_id
        assert run == (await http.get(f"/api/v1/runs/{one.run_id}/plan")).json()
        adaptation = run["adaptations"][0]["id"]
        address = f"/api/v1/plans/{one.plan_id}/adaptations/{adaptation}"
        assert (await http.post(address, json={"accept": False})).status_code == 204
        assert (await http.post(address, json={"accept": True})).json()["code"] == "adaptation_decided"
    assert (await one.seen()).adaptations[0].state == "dismissed"


async def test_nothing_is_looked_at_that_came_of_no_plan(sqlite_database: db.Database) -> None:
    world = await made.world()
    await made.run(world)
    assert await watcher.look() == 0
    async with sqlite_database.transaction() as session:
        assert await looking.look(session) == 0
