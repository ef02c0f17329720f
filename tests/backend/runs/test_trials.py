"""Trial runs of a part of a draft: what is played, what stands in for the rest, and what nodes gave last."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import db
from backend.core.errors import Invalid
from backend.nodes.registry import all_kinds
from backend.runs import last_data, starting, trials
from backend.runs.models import Run
from backend.runs.stand_ins import DataMissing
from backend.runs.states import WrongState
from backend.runs.trial_schemas import StartTrial
from backend.workflows import service as workflows
from backend.workflows import trial
from backend.workflows.diagram import Diagram, Mock, Node, Wire
from tests.backend.runs.stage import Stage, staged

pytestmark = [pytest.mark.db]


def fields(node_id: str, *, parent: str | None = None, **values: str) -> Node:
    rows = [{"name": name, "value": value} for name, value in values.items()]
    return Node(id=node_id, kind="set_fields", parent=parent, config={"fields": rows, "keep_input": False})


def wires(*pairs: str) -> tuple[Wire, ...]:
    found = [pair.split(">") for pair in pairs]
    return tuple(
        Wire(source=a.partition(".")[0], source_port=a.partition(".")[2] or "out", target=b) for a, b in found
    )


def order(**changed: Any) -> Diagram:
    """start → price → check (yes → big, no → small) → done, with a mail beside that nobody wants to send twice."""
    nodes = [
        Node(id="start", kind="start"),
        fields("price", total="{{ input.amount * 2 }}"),
        fields("mail", sent="{{ now() }}"),
        Node(
            id="check", kind="condition", config={"by": "expression", "expression": "nodes.price.total > 10"}
        ),
        fields("big", word="big {{ nodes.price.total }}"),
        fields("small", word="small"),
        fields("done", said="{{ nodes.big.word or nodes.small.word }}!"),
        Node(id="end", kind="output"),
    ]
    nodes = [node.model_copy(update=changed.get(node.id, {})) for node in nodes]
    lines = wires(
        "start>price",
        "start>mail",
        "price>check",
        "check.yes>big",
        "check.no>small",
        "big>done",
        "small>done",
        "done>end",
    )
    return Diagram(name="Order", nodes=tuple(nodes), wires=lines)


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found
    await db.database().close()


async def draft(stage: Stage, diagram: Diagram) -> str:
    async with db.database().transaction() as session:
        return (await workflows.create(session, stage.by, diagram)).id


async def run_draft(stage: Stage, workflow_id: str, given: Any) -> Run:
    async with db.database().transaction() as session:
        run = await starting.start(session, stage.by, workflow_id=workflow_id, input=given, version="draft")
    return await stage.play(run.id)


async def tried(stage: Stage, workflow_id: str, node_id: str, **more: Any) -> tuple[Run, dict[str, Any]]:
    async with db.database().transaction() as session:
        wanted = StartTrial.model_validate({"node_id": node_id, **more})
        run = await trials.start(session, stage.by, workflow_id, wanted)
    played = await stage.play(run.id)
    async with db.database().reading() as session:
        found = await last_data.of(session, stage.by, workflow_id, run.id)
    assert played.status == "succeeded", played.error
    return played, {item.node_id: item.output for item in found.items}


async def test_a_node_alone_takes_what_the_ones_before_gave_last(stage: Stage) -> None:
    workflow = await draft(stage, order())
    await run_draft(stage, workflow, {"amount": 10})
    _, gave = await tried(stage, workflow, "big")
    assert gave["big"] == {"word": "big 20"}
    assert set(gave) == {"start", "big"}, "what only stood in is not told as played"
    _, gave = await tried(stage, workflow, "small")
    assert gave["small"] == {"word": "small"}, "also on the branch that was not taken"
    _, gave = await tried(stage, workflow, "done")
    assert gave["done"] == {"said": "big 20!"}, "the branch that was not taken leads to nothing"


async def test_data_that_is_missing_is_asked_for_and_may_be_given(stage: Stage) -> None:
    workflow = await draft(stage, order())
    with pytest.raises(DataMissing) as missing:
        await tried(stage, workflow, "check", input={"amount": 1})
    assert [problem.node_id for problem in missing.value.problems] == ["price"]
    given = {"price": {"output": {"total": 4}}}
    _, gave = await tried(stage, workflow, "check", input={"amount": 1}, data=given)
    assert set(gave) == {"start", "check"}
    _, gave = await tried(stage, workflow, "check", input={"amount": 1}, how="to")
    assert gave["price"] == {"total": 2}, "up to here everything is played anew"
    assert "mail" not in gave
    assert "big" not in gave


async def test_from_a_node_on_nothing_before_it_is_played_again(stage: Stage) -> None:
    workflow = await draft(stage, order())
    first = await run_draft(stage, workflow, {"amount": 10})
    run, gave = await tried(stage, workflow, "check", how="from", data={"price": {"output": {"total": 3}}})
    assert gave["done"] == {"said": "small!"}
    assert "mail" not in gave
    assert "big" not in gave
    assert run.output == {"said": "small!"}
    assert run.trigger == "trial"
    async with db.database().reading() as session:
        seen = await last_data.of(session, stage.by, workflow)
    data = {item.node_id: item for item in seen.items}
    assert data["mail"].run_id == first.id
    assert data["done"].run_id == run.id
    assert data["check"].ports == {"no": 1}
    with pytest.raises(WrongState, match="part of a draft"):
        await stage.retry(run, from_start=True)


async def test_only_the_part_has_to_be_sound(stage: Stage) -> None:
    workflow = await draft(
        stage, order(done={"config": {"fields": [{"name": "said", "value": "{{ 1 + }}"}]}})
    )
    _, gave = await tried(stage, workflow, "check", how="to", input={"amount": 9})
    assert "check" in gave
    with pytest.raises(Invalid):
        await tried(stage, workflow, "done", how="to", input={"amount": 9})


async def test_pins_and_mocks_stand_in_for_nodes_in_drafts_alone(stage: Stage) -> None:
    pinned = {"pinned": {"total": 50}}
    mocked = {"mock": Mock(output={"word": "mocked"})}
    other_way = {"pinned": {}, "pinned_port": "no"}
    diagram = order(price=pinned, big=mocked)
    workflow = await draft(stage, diagram)
    assert (await run_draft(stage, workflow, {"amount": 1})).output == {"said": "mocked!"}
    assert (await stage.start(diagram, {"amount": 1})).output == {"said": "small!"}, (
        "a published version plays them"
    )
    workflow = await draft(stage, order(check=other_way, price=pinned))
    assert (await run_draft(stage, workflow, {"amount": 100})).output == {"said": "small!"}


async def test_a_mock_gives_what_its_node_gave_last(stage: Stage) -> None:
    workflow = await draft(stage, order(mail={"mock": Mock(source="last_run")}))
    with pytest.raises(DataMissing):
        await run_draft(stage, workflow, {"amount": 1})
    async with db.database().transaction() as session:
        await workflows.replace(session, stage.by, workflow, order())
    await run_draft(stage, workflow, {"amount": 1})
    async with db.database().transaction() as session:
        await workflows.replace(session, stage.by, workflow, order(mail={"mock": Mock(source="last_run")}))
    async with db.database().reading() as session:
        before = await last_data.of(session, stage.by, workflow, None, frozenset({"mail"}))
    run = await run_draft(stage, workflow, {"amount": 2})
    async with db.database().reading() as session:
        after = await last_data.of(session, stage.by, workflow, run.id, frozenset({"mail"}))
    assert after.items[0].output == before.items[0].output


async def test_a_mock_plays_a_model_by_a_script(stage: Stage) -> None:
    chat = Node(id="ask", kind="chat_model", config={"model": "openai:gpt", "prompt": "Hello"})
    chat = chat.model_copy(update={"mock": Mock(source="model", script="turns:\n  - say: Good day\n")})
    diagram = Diagram(name="Ask", nodes=(Node(id="start", kind="start"), chat), wires=wires("start>ask"))
    workflow = await draft(stage, diagram)
    _, gave = await tried(stage, workflow, "ask")
    assert gave["ask"]["text"] == "Good day"


async def test_a_node_of_a_body_is_played_in_its_container(stage: Stage) -> None:
    each = Node(id="each", kind="map_list", config={"items": "nodes.rows.list"})
    nodes = (
        Node(id="start", kind="start"),
        fields("rows", list="{{ [1, 2] }}"),
        each,
        fields("twice", parent="each", value="{{ item * 2 }}"),
        fields("more", parent="each", value="{{ nodes.twice.value + 1 }}"),
        fields("last", parent="each", value="{{ nodes.more.value }}"),
    )
    diagram = Diagram(
        name="Each", nodes=nodes, wires=wires("start>rows", "rows>each", "twice>more", "more>last")
    )
    workflow = await draft(stage, diagram)
    await run_draft(stage, workflow, {})
    _, gave = await tried(stage, workflow, "more")
    assert gave["more"] in ({"value": 3}, {"value": 5})
    assert "last" not in gave
    assert gave["each"] == [{"value": 3}, {"value": 5}]


def test_what_is_named_but_not_wired_stands_before_all_that_is_played() -> None:
    diagram = order(done={"config": {"fields": [{"name": "said", "value": "{{ nodes.price.total }}"}]}})
    found = trial.plan(diagram, all_kinds(), "done", "node")
    assert set(found.wired) == {"big", "small"}
    assert set(found.read) == {"price"}
    part = trial.cut(diagram, found, {"price": None, "big": None})
    assert part.nodes == ["start", "price", "big", "done"]
    assert set(part.wires) == {("start", "out", "price"), ("price", "out", "big"), ("big", "out", "done")}


def test_what_cannot_be_played_alone_says_what_can() -> None:
    diagram = Diagram(nodes=(Node(id="start", kind="start"), Node(id="note", kind="note")))
    with pytest.raises(trial.NotTriable):
        trial.plan(diagram, all_kinds(), "note", "node")
