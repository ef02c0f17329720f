"""R13, R18, R32, R33: what a run asked, what its steps wrote, runs beside each other, and the last one that went well."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.core import db
from backend.core.errors import NotFound
from backend.core.settings import settings
from backend.engine.ports import StepId
from backend.runs import asked, comparing, resolved, starting
from backend.runs.models import Run
from backend.workflows.diagram import Diagram, Node
from tests.backend.identity import people
from tests.backend.runs.stage import Stage, drawn, events, staged

pytestmark = pytest.mark.db
SCRIPT = "turns:\n  - {say: 'Hello there'}"


@pytest.fixture
async def stage(database: db.Database) -> AsyncIterator[Stage]:
    async with staged() as found:
        yield found


def code(node_id: str, source: str) -> Node:
    return Node(id=node_id, kind="code", config={"source": source})


def asking(source: str = "input['n'] + 1") -> Diagram:
    chat = {"model": "scripted/script", "script": SCRIPT, "prompt": "Say {{ input.n }}"}
    nodes = [code("sum", source), Node(id="ask", kind="chat_model", config=chat)]
    return drawn(nodes, "start>sum", "sum>ask", "ask>output")


async def read(stage: Stage, verb: Any, *what: Any, by: Any = None) -> Any:
    async with db.database().reading() as session:
        return await verb(session, by or stage.by, *what)


async def again(stage: Stage, run: Run, given: dict[str, Any]) -> Run:
    """Another run of the same workflow."""
    async with db.database().transaction() as session:
        other = await starting.start(session, stage.by, workflow_id=run.workflow_id, input=given)
    return await stage.play(other.id)


async def test_R13_calls_are_told_with_prompt_answer_tokens_time_and_cost(
    stage: Stage, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_MODEL_PRICES", "scripted/script=1000000/2000000")
    settings.cache_clear()
    run = await stage.start(asking(), {"n": 1})
    environment.setenv("QUADRILLE_MODEL_PRICES", "scripted/script=1/1")  # what was paid stays what was paid
    settings.cache_clear()
    ask, sum_ = sorted((await read(stage, asked.calls, run.id, 10)).items, key=lambda call: call.node_id)
    assert (ask.kind, ask.node_id, sum_.kind, sum_.answer) == ("chat", "ask", "code", 2)
    assert ask.request["messages"][-1]["content"] == "Say 1"
    assert ask.answer["text"] == "Hello there"
    assert ask.input_tokens > 0
    assert ask.output_tokens > 0
    assert None not in (ask.ms, sum_.ms)
    assert 0 <= (ask.first_ms or 0) <= (ask.ms or 0)
    assert (ask.first_ms is None, sum_.first_ms) == (False, None)
    assert ask.cost == ask.input_tokens + 2 * ask.output_tokens
    async with db.database().reading() as session:
        spent = await asked.spent(session, [run.id])
    assert (spent[run.id].tokens, spent[run.id].cost) == (ask.input_tokens + ask.output_tokens, ask.cost)
    viewer = (await people.person(stage.by.team_id, "viewer")).by
    hidden = (await read(stage, asked.calls, run.id, 10, by=viewer)).items
    assert {(call.request, call.answer) for call in hidden} == {(None, None)}


async def test_R18_what_code_prints_is_in_the_history_line_by_line_and_bounded(stage: Stage) -> None:
    source = "print('one')\nprint('two')\nfor n in range(500):\n    print(n)\nn"
    run = await stage.start(drawn([code("talk", source)], "start>talk", "talk>output"), {})
    lines = [e.data for e in await events(run) if e.kind == "step.logged"]
    assert lines[:2] == [{"level": "info", "message": "one"}, {"level": "info", "message": "two"}]
    assert (len(lines), lines[-1]["message"]) == (201, "… 302 more lines were left out.")


async def test_R32_two_runs_are_compared_step_by_step_with_the_first_difference(stage: Stage) -> None:
    first = await stage.start(asking(), {"n": 1})
    other, same = await again(stage, first, {"n": 2}), await again(stage, first, {"n": 1})
    found = await read(stage, comparing.compare, other.id, first.id)
    how = {step.node_id: (step.how, step.differs) for step in found.steps}
    assert how["start"] == ("changed", ["output"])
    assert how["sum"] == ("changed", ["input", "output"])
    assert (found.first.node_id, found.differing, found.other.id) == ("start", 3, first.id)
    assert all(step.ms_more is not None for step in found.steps)
    alike = await read(stage, comparing.compare, same.id, first.id)
    assert (alike.differing, alike.first) == (0, None)
    viewer = (await people.person(stage.by.team_id, "viewer")).by
    hidden = await read(stage, comparing.compare, other.id, first.id, by=viewer)
    assert hidden.differing == 0  # who may not read values is not told which of them differ


async def test_R33_the_last_good_run_is_that_before_the_failed_one(stage: Stage) -> None:
    good = await stage.start(asking("10 / input['n']"), {"n": 1})
    bad = await again(stage, good, {"n": 0})
    later = await again(stage, good, {"n": 5})
    assert (bad.status, later.status) == ("failed", "succeeded")
    found = await read(stage, comparing.last_good, bad.id)
    assert found.id == good.id
    assert await read(stage, comparing.last_good, good.id) is None


async def test_R16_settings_are_told_with_what_they_came_to(stage: Stage) -> None:
    run = await stage.start(asking(), {"n": 1})

    async def of(node_id: str, by: Any) -> list[tuple[str, str, Any]]:
        found = await read(stage, resolved.asked, run.id, StepId(node_id), by=by)
        return [(one.field, one.text, one.value) for one in (await resolved.told(found)).items]

    operator = (await people.person(stage.by.team_id, "operator")).by
    assert not operator.may("workflow.edit")
    assert await of("ask", operator) == [("prompt", "Say {{ input.n }}", "Say 1")]
    viewer = (await people.person(stage.by.team_id, "viewer")).by
    assert await of("ask", viewer) == [("prompt", "Say {{ input.n }}", None)]
    with pytest.raises(NotFound):
        await of("nowhere", operator)
