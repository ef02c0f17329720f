"""A version is played with every case of a set; what is stored drives it, whoever goes on with it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.core import clock, db
from backend.core.errors import Conflict, Invalid, NotAllowed
from backend.evaluation import evaluations, from_run, service
from backend.evaluation.models import EvaluationResult
from backend.evaluation.schemas import CaseOfRun, CaseWish, EvaluationDetail, SetDetail, SetWish
from backend.monitoring import overview
from backend.runs.models import Run
from backend.worker import evaluations as worker
from backend.workflows.diagram import Diagram, Node, Wire
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, staged

pytestmark = pytest.mark.db

GREETING = Diagram(
    name="Greeting",
    nodes=(
        Node(
            id="start", kind="start", config={"fields": [{"name": "name", "label": "Name", "required": True}]}
        ),
        Node(
            id="write",
            kind="set_fields",
            config={"fields": [{"name": "text", "value": "Hello {{ input.name.upper() }}!"}]},
        ),
        Node(id="short", kind="condition", config={"by": "expression", "expression": "len(input.name) < 4"}),
        Node(id="approve", kind="human_approval", config={"title": "Greet {{ input.name }}?"}),
        Node(
            id="output",
            kind="output",
            config={"fields": [{"name": "said", "value": "{{ nodes.write.text }}"}]},
        ),
    ),
    wires=(
        Wire(source="start", target="write"),
        Wire(source="write", target="short"),
        Wire(source="short", source_port="yes", target="output"),
        Wire(source="short", source_port="no", target="approve"),
        Wire(source="approve", source_port="approved", target="output"),
    ),
)
CASES: list[dict[str, Any]] = [
    {"name": "short", "input": {"name": "Ada"}, "expected": {"said": "Hello ADA!"}},
    {"name": "asks", "input": {"name": "Grace"}, "ends": "waiting",
     "checks": [{"metric": "expression", "expression": "run.asked == ['Greet Grace?'] and 'write' in run.steps"}]},
    {"name": "answered", "input": {"name": "Grace"}, "answers": [{"verdict": "approved"}],
     "expected": {"said": "Hello GRACE!"}},
    {"name": "fails", "input": {"name": 7}, "ends": "refused"},
    {"name": "wrong", "input": {"name": "Max"}, "expected": {"said": "Hello Max!"}},
]  # fmt: skip


async def a_set(world: made.World, cases: list[dict[str, Any]] = CASES) -> SetDetail:
    wish = SetWish(name="Standard", cases=[CaseWish.model_validate(one) for one in cases])
    async with db.database().transaction() as session:
        return await service.create(session, world.by, world.workflow_id, wish)


async def begun(world: made.World, set_id: str, version: str | None = None) -> EvaluationDetail:
    async with db.database().transaction() as session:
        return await evaluations.start(session, world.by, set_id, version)


async def shown(world: made.World, evaluation_id: str) -> EvaluationDetail:
    async with db.database().reading() as session:
        return await evaluations.get(session, world.by, evaluation_id)


async def queued() -> list[str]:
    async with db.database().reading() as session:
        return list((await session.exec(select(Run.id).where(col(Run.status) == "queued"))).all())


async def forget_holds() -> None:
    """As if time had passed."""
    async with db.database().transaction() as session:
        await session.exec(update(EvaluationResult).values(look_at=clock.now() - timedelta(seconds=1)))


async def until_done(stage: Stage, world: made.World, evaluation_id: str) -> EvaluationDetail:
    """Play, and look, as a worker does."""
    found = await shown(world, evaluation_id)
    for _ in range(20):
        await worker.look()
        for run_id in await queued():
            await stage.play(run_id)
        found = await shown(world, evaluation_id)
        if found.status != "running":
            return found
        await forget_holds()
    raise AssertionError(found)


async def test_every_case_is_played_and_scored(database: db.Database) -> None:
    world = await made.world(GREETING)
    async with staged(world=world) as stage:
        chosen = await a_set(world)
        found = await until_done(stage, world, (await begun(world, chosen.id)).id)
    by_name = {one.name: one for one in found.results}
    assert {name: (one.ended, one.score) for name, one in by_name.items()} == {
        "short": ("succeeded", 1),
        "asks": ("waiting", 1),
        "answered": ("succeeded", 1),
        "fails": ("refused", 1),
        "wrong": ("succeeded", 0),
    }, found
    assert (found.status, found.passed, found.done, found.score) == ("done", 4, 5, 0.8)
    assert by_name["fails"].run_id is None
    assert "name" in by_name["fails"].reason
    assert "Hello Max!" in by_name["wrong"].scores[0].reason
    asked = await made.state(by_name["asks"].run_id or "")
    assert (asked.status, asked.trigger) == ("cancelled", "evaluation"), "nobody is left waiting"
    assert by_name["short"].seconds is not None
    async with database.reading() as session:
        assert (await overview.overview(session, world.by)).succeeded == 0, "figures leave them out"


async def test_who_dies_is_replaced_and_nothing_is_played_twice(database: db.Database) -> None:
    world = await made.world(GREETING)
    async with staged(world=world) as stage:
        chosen = await a_set(world, CASES[:3])
        evaluation = await begun(world, chosen.id)
        assert len(await worker.playing.take()) == 3
        assert await worker.look() == 0, "held by the one that took them"
        await forget_holds()  # which died
        assert await worker.look() == 3
        await forget_holds()
        await worker.look()
        assert len(await queued()) == 3
        found = await until_done(stage, world, evaluation.id)
    assert (found.score, found.passed) == (1, 3)
    async with database.reading() as session:
        assert len((await session.exec(select(Run.id))).all()) == 3


async def test_an_answer_is_a_decision_of_whoever_began_it(database: db.Database) -> None:
    world = await made.world(GREETING)
    operator = await people.person(world.by.team_id, "operator")
    chosen = await a_set(world, [CASES[2]])
    async with staged(world=world) as stage:
        async with database.transaction() as session:
            begun_ = await evaluations.start(session, operator.by, chosen.id)
        found = await until_done(stage, world, begun_.id)
    (one,) = found.results
    assert (one.ended, one.score) == ("waiting", 0)
    assert "was refused" in one.reason


async def test_a_stopped_evaluation_leaves_nothing_running(database: db.Database) -> None:
    world = await made.world(GREETING)
    chosen = await a_set(world, CASES[:2])
    evaluation = await begun(world, chosen.id)
    await worker.look()
    async with database.transaction() as session:
        found = await evaluations.cancel(session, world.by, evaluation.id)
    assert (found.status, found.score) == ("cancelled", None)
    assert {(await made.state(one.run_id or "")).status for one in found.results} == {"cancelled"}
    await forget_holds()
    assert await worker.look() == 0


async def test_versions_are_compared_case_by_case(database: db.Database) -> None:
    world = await made.world(GREETING)
    chosen = await a_set(world, [CASES[0], CASES[4]])
    polite = GREETING.model_dump(mode="json")
    polite["nodes"][1]["config"]["fields"][0]["value"] = "Hello {{ input.name }}!"
    async with staged(world=world) as stage:
        before = await until_done(stage, world, (await begun(world, chosen.id)).id)
        await made.version(world.by, world.workflow_id, Diagram.model_validate(polite))
        after = await until_done(stage, world, (await begun(world, chosen.id, "2")).id)
    assert (before.version_number, after.version_number) == (1, 2)
    async with database.reading() as session:
        found = await evaluations.compare(session, world.by, before.id, after.id)
        page = await evaluations.list_(session, world.by, world.workflow_id, limit=1)
        rest = await evaluations.list_(session, world.by, world.workflow_id, cursor=page.next_cursor)
    assert {one.name: one.how for one in found.items} == {"short": "worse", "wrong": "better"}
    assert [one.id for one in [*page.items, *rest.items]] == [after.id, before.id]


async def test_R34_a_run_becomes_a_case_that_it_passes(database: db.Database) -> None:
    world = await made.world(GREETING)
    async with staged(world=world) as stage:
        run = await stage.start(given={"name": "Ada"})
        asks = await stage.start(given={"name": "Grace"})
        async with database.transaction() as session:
            await from_run.add(session, world.by, run.id, CaseOfRun())
            of_step = await from_run.add(session, world.by, run.id, CaseOfRun(node_id="write"))
            waits = await from_run.add(session, world.by, asks.id, CaseOfRun(name="Asks"))
            (chosen,) = (await service.sets(session, world.by, world.workflow_id)).items
        assert (chosen.name, chosen.case_count) == ("From runs", 3)
        assert of_step.checks[0]["of"] == "nodes.write"
        assert (waits.ends, waits.from_run_id) == ("waiting", asks.id)
        found = await until_done(stage, world, (await begun(world, chosen.id)).id)
    assert (found.score, found.passed) == (1, 3), found
    queued_ = await made.run(world, "queued")
    async with database.transaction() as session:
        with pytest.raises(Conflict, match="queued"):
            await from_run.add(session, world.by, queued_, CaseOfRun())


async def test_only_who_may_read_values_sees_them(database: db.Database) -> None:
    world = await made.world(GREETING)
    viewer = await people.person(world.by.team_id, "viewer")
    chosen = await a_set(world)
    async with database.transaction() as session:
        seen = await service.get(session, viewer.by, chosen.id)
        with pytest.raises(NotAllowed):
            await evaluations.start(session, viewer.by, chosen.id)
        with pytest.raises(NotAllowed):
            await service.remove(session, viewer.by, chosen.id)
    assert all(one.redacted and one.input is None and not one.checks for one in seen.cases)


async def test_what_is_wrong_with_a_set_is_named(database: db.Database) -> None:
    world = await made.world(GREETING)
    wrong = SetWish(
        name="S", checks=[{"metric": "nope"}], cases=[CaseWish(name="a", checks=[{"metric": "regex"}])]
    )
    async with database.transaction() as session:
        with pytest.raises(Invalid) as refused:
            await service.create(session, world.by, world.workflow_id, wrong)
        assert refused.value.problems[0].place == "checks.0.metric"
        empty = await service.create(session, world.by, world.workflow_id, SetWish(name="S"))
        with pytest.raises(Conflict, match="is called"):
            await service.create(session, world.by, world.workflow_id, SetWish(name="S"))
        with pytest.raises(Invalid, match="no case"):
            await evaluations.start(session, world.by, empty.id)
        case = await service.add_case(session, world.by, empty.id, CaseWish(name="a"))
        changed = await service.change_case(session, world.by, empty.id, case.id, CaseWish(name="b"))
        assert changed.name == "b"
        await service.remove_case(session, world.by, empty.id, case.id)
        await service.remove(session, world.by, empty.id)
        assert (await service.sets(session, world.by, world.workflow_id)).items == []
