"""R21, R22 and R25: a paused run is repaired where it stands; a fork plays another model or prompt."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import col, select

from backend.approvals import service as approvals
from backend.core import db
from backend.core.errors import Invalid, NotAllowed
from backend.identity.models import AuditEntry
from backend.runs import bulk, repairing, service, starting
from backend.runs.bulk import ActOnMany
from backend.runs.models import Run
from backend.runs.repair_schemas import RepairPlan, RepairRun
from backend.runs.repairing import NotRepairable
from backend.runs.schemas import Breakpoints
from backend.runs.states import WrongState
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.stage import Stage, drawn, events, outputs, played, staged, text

pytestmark = pytest.mark.db


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


def code(node_id: str, source: str, **more: Any) -> Node:
    return Node(id=node_id, kind="code", config={"source": source}, **more)


def sums(second: str = "nodes['one'] + 1", third: str = "nodes['two'] * 10") -> Diagram:
    nodes = [code("one", "input['n']"), code("two", second), code("three", third)]
    return drawn(nodes, "start>one", "one>two", "two>three", "three>output")


async def stopped(stage: Stage, diagram: Diagram, **breaks: list[str]) -> Run:
    """A run that stands at a breakpoint."""
    world = await made.published(stage.by, diagram, f"flow-{id(diagram)}")
    async with db.database().transaction() as session:
        run = await starting.start(session, stage.by, workflow_id=world.workflow_id, input={"n": 1})
        await service.set_breakpoints(session, stage.by, run.id, Breakpoints(**breaks))
    found = await stage.play(run.id)
    assert found.status == "paused"
    return found


async def repair(stage: Stage, run: Run, by: Any = None, **wanted: Any) -> Any:
    async with db.database().transaction() as session:
        return await repairing.repair(session, by or stage.by, run.id, RepairRun.model_validate(wanted))


async def go_on(stage: Stage, run: Run) -> Run:
    async with db.database().transaction() as session:
        await service.resume(session, stage.by, run.id)
    return await stage.play(run.id)


async def test_R21_state_is_edited_at_a_breakpoint_and_kept_in_history_and_audit(stage: Stage) -> None:
    run = await stopped(stage, sums(), after=["two"])
    plan = await repair(stage, run, edits=[{"node_id": "two", "output": 5}], dry_run=True)
    assert isinstance(plan, RepairPlan)
    assert ([one.node_id for one in plan.again], plan.may_play) == ([], ["output", "three"])
    await repair(stage, run, edits=[{"node_id": "two", "output": 5}], note="Wrong sum")
    run = await go_on(stage, run)
    assert (run.status, (await outputs(run))["three"], run.output) == ("succeeded", 50, 50)
    (told,) = [e.data for e in await events(run) if e.kind == "run.repaired"]
    assert told["edited"] == [{"node_id": "two", "path": "", "visit": 1, "before": 2}]
    assert (told["note"], told["by"], told["name"]) == ("Wrong sum", stage.by.account_id, stage.by.name)
    async with db.database().reading() as session:
        query = select(AuditEntry).where(col(AuditEntry.subject) == run.id)
        actions = [entry.action for entry in (await session.exec(query)).all()]
    assert "run.repaired" in actions


async def test_R21_who_may_not_steer_or_read_values_edits_nothing(stage: Stage) -> None:
    run = await stopped(stage, sums(), after=["two"])
    for role in ("viewer", "approver"):
        by = (await people.person(stage.by.team_id, role)).by
        with pytest.raises(NotAllowed):
            await repair(stage, run, by, edits=[{"node_id": "two", "output": 5}])
    assert "run.repaired" not in [e.kind for e in await events(run)]


async def test_R25_a_run_goes_on_with_a_corrected_version_from_where_it_stands(stage: Stage) -> None:
    run = await stopped(stage, sums(third="1 // 0"), before=["three"])
    other = await stage.version(run, sums(third="nodes['two'] * 100"))
    await repair(stage, run, version=other)
    run = await go_on(stage, run)
    assert (run.status, run.version_id, run.output) == ("succeeded", other, 200)
    ended = [e.node_id for e in await events(run) if e.kind == "step.succeeded"]
    assert ended == ["start", "one", "two", "three", "output"], (
        "what the version left as it was is not played again"
    )


async def test_R25_what_the_version_changed_is_played_again_with_all_behind_it(stage: Stage) -> None:
    run = await stopped(stage, sums(), before=["three"])
    other = await stage.version(run, sums(second="nodes['one'] + 7"))
    plan = await repair(stage, run, version=other, dry_run=True)
    assert [one.node_id for one in plan.again] == ["two"]
    await repair(stage, run, version=other)
    run = await go_on(stage, run)
    assert (run.status, run.output) == ("succeeded", 80)


async def test_R25_a_step_is_skipped_with_an_output_and_another_is_played_again(stage: Stage) -> None:
    run = await stopped(stage, sums(third="1 // 0"), before=["three"])
    give, again = [{"node_id": "three", "output": {"by": "hand"}}], [{"node_id": "two"}]
    await repair(stage, run, give=give, again=again)
    run = await go_on(stage, run)
    assert (run.status, run.output) == ("succeeded", {"by": "hand"})
    kinds = [(e.kind, e.node_id, e.data.get("given")) for e in await events(run)]
    assert kinds.count(("step.succeeded", "two", None)) == 2
    assert ("step.succeeded", "three", "repaired") in kinds
    assert ("step.started", "three", None) not in kinds


async def test_R25_many_runs_are_repaired_alike_and_one_that_cannot_be_holds_up_none(stage: Stage) -> None:
    first = await stopped(stage, sums(third="1 // 0"), before=["three"])
    second = await another(stage, first, before=["three"])
    ended = await go_on(stage, await another(stage, first, before=["one"]))
    wish = {"give": [{"node_id": "three", "output": {"by": "hand"}}], "dry_run": True}
    many = {"action": "repair", "run_ids": [first.id, ended.id, second.id]}
    told = await bulk.act(stage.by, ActOnMany.model_validate(many | {"repair": wish}))
    assert [one.done for one in told.items] == [True, False, True]
    assert "1 step is skipped" in told.items[0].message
    assert "Only a paused run" in told.items[1].message
    report = await bulk.act(stage.by, ActOnMany.model_validate(many | {"repair": wish | {"dry_run": False}}))
    assert (report.done, report.refused) == (2, 1)
    await bulk.act(stage.by, ActOnMany(action="resume", run_ids=[first.id, second.id]))
    assert [(await stage.play(run.id)).output for run in (first, second)] == [{"by": "hand"}] * 2
    for wrong in ({"action": "repair"}, {"action": "cancel", "repair": wish}):
        with pytest.raises(ValidationError, match="`repair` goes with"):
            ActOnMany.model_validate({"run_ids": [first.id]} | wrong)


async def another(stage: Stage, run: Run, **breaks: list[str]) -> Run:
    """Another run of the same workflow that stands at a breakpoint."""
    async with db.database().transaction() as session:
        made = await starting.start(session, stage.by, workflow_id=run.workflow_id, input={"n": 1})
        await service.set_breakpoints(session, stage.by, made.id, Breakpoints(**breaks))
    return await stage.play(made.id)


async def test_R25_a_wait_under_way_is_skipped(stage: Stage) -> None:
    nap = Node(id="nap", kind="wait", config={"duration": 86_400})
    run = await stage.start(drawn([nap, text("a")], "start>nap", "nap>a", "a>output"))
    with pytest.raises(WrongState, match="paused"):
        await repair(stage, run, give=[{"node_id": "nap", "output": 1}])
    async with db.database().transaction() as session:
        await service.pause(session, stage.by, run.id)
    await repair(stage, run, give=[{"node_id": "nap", "output": 1}])
    assert (await go_on(stage, run)).status == "succeeded"


async def test_R25_an_item_of_a_map_is_edited_and_the_others_stand(stage: Stage) -> None:
    rows = Node(id="rows", kind="map_list", config={"items": "[1, 2]"})
    nodes = [rows, code("twice", "item * 2", parent="rows"), text("end")]
    run = await stopped(stage, drawn(nodes, "start>rows", "rows>end", "end>output"), before=["end"])
    await repair(stage, run, edits=[{"node_id": "twice", "path": "rows:0", "output": 100}])
    run = await go_on(stage, run)
    assert (run.status, (await outputs(run))["rows"]) == ("succeeded", [100, 4])


async def test_R25_what_has_acted_and_what_people_decide_is_refused_with_the_way_around(stage: Stage) -> None:
    call = Node(id="call", kind="emit_event", config={"topic": "told.it"})
    ask = Node(id="ask", kind="human_approval", config={"title": "Send it?"})
    run = await stage.start(
        drawn([call, ask, text("a")], "start>call", "call>ask", "ask.approved>a", "a>output")
    )
    assert run.status == "waiting_person"
    async with db.database().transaction() as session:
        await service.pause(session, stage.by, run.id)
    with pytest.raises(NotRepairable, match="acted on the world already") as refused:
        await repair(stage, run, again=[{"node_id": "call"}])
    assert "fork the run" in refused.value.fix
    with pytest.raises(NotRepairable, match="is decided by people"):
        await repair(stage, run, give=[{"node_id": "ask", "output": {"approved": True}}])
    with pytest.raises(NotRepairable, match="has not ended"):
        await repair(stage, run, edits=[{"node_id": "a", "output": 1}])
    with pytest.raises(NotRepairable, match="not in this version"):
        await repair(stage, run, give=[{"node_id": "nowhere", "output": 1}])
    async with db.database().reading() as session:
        (question,) = await approvals.open_for(session, stage.by)
    assert question.run_id == run.id, "it still waits for people"


async def test_R22_a_fork_plays_another_model_or_prompt_and_nothing_else_differs(stage: Stage) -> None:
    script = "turns:\n  - {say: 'Bonjour', when: bonjour}\n  - {say: 'Hello'}"
    config = {"model": "scripted/script", "script": script, "prompt": "Say hello"}
    diagram = drawn(
        [text("a"), Node(id="ask", kind="chat_model", config=config)], "start>a", "a>ask", "ask>output"
    )
    run = await stage.start(diagram)
    assert (await outputs(run))["ask"]["text"] == "Hello"
    other = await stage.fork(run, settings={"ask": {"prompt": "Say bonjour"}})
    assert (other.status, (await outputs(other))["ask"]["text"]) == ("succeeded", "Bonjour")
    assert await played(other) == {"ask", "output"}
    model = await stage.fork(
        run, **{"from": {"node_id": "ask"}, "settings": {"ask": {"model": "scripted/extractive"}}}
    )
    assert (await outputs(model))["ask"]["model"] == "scripted/extractive"
    assert model.version_id not in (run.version_id, other.version_id)
    for settings, told in (
        ({"gone": {"model": "x"}}, "no node “gone”"),
        ({"ask": {"colour": "red"}}, "no setting “colour”"),
        ({"ask": {"model": ""}}, "at least 1"),
    ):
        with pytest.raises(Invalid, match=told):
            await stage.fork(run, settings=settings)
