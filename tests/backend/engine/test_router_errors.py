"""What goes wrong while a way is chosen fails the step that chose it, with its place; never is it a silent success."""

from typing import Any

import pytest

from backend.engine.engine import Engine
from backend.worker.context import context
from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db
WRONG = "input.n + 'x' > 1"
SAY = {"config": {"fields": [{"name": "x", "value": "1"}]}}


@pytest.mark.parametrize(
    ("chooser", "fields", "port"),
    [
        ("condition", {"by": "expression", "expression": WRONG}, "yes"),
        ("condition", {"by": "rules", "rules": {"rows": [{"field": "input.n", "operator": "greater", "value": [1]}]}}, "yes"),
        ("switch", {"by": "value", "value": WRONG, "cases": [{"name": "a"}]}, "a"),
        ("switch", {"by": "expression", "cases": [{"name": "a", "expression": WRONG}]}, "a"),
        ("loop", {"until": WRONG}, "out"),
        ("map_list", {"items": WRONG}, "out"),
        ("map_list", {"items": "input.n"}, "out"),
    ],
)  # fmt: skip
async def test_an_error_while_choosing_fails_the_step(
    world: World, chooser: str, fields: dict[str, Any], port: str
) -> None:
    body = [("b", "set_fields", {**SAY, "parent": "r"})] if chooser in ("loop", "map_list") else []
    diagram = drawn(
        ("start", "start"), ("r", chooser, {"config": fields}), *body, ("after", "set_fields", SAY),
        wires=f"start>r r.{port}>after",
    )  # fmt: skip
    engine = Engine(world.writer, context, world.listener, world.questions)
    run = await world.run(diagram, {"n": 1})
    outcome = await engine.play(run)
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert (outcome.error["node_id"], bool(outcome.error["message"])) == ("r", True)
    steps = await world.steps(run)
    assert steps["r"].status == "failed"
    assert "after" not in steps


async def test_a_join_that_gets_too_few_fails_where_it_stands(world: World) -> None:
    choice = {"by": "expression", "expression": "True"}
    diagram = drawn(
        ("start", "start"), ("c", "condition", {"config": choice}), ("a", "set_fields", SAY), ("b", "set_fields", SAY),
        ("j", "join", {"config": {"mode": "count", "count": 2}}), ("after", "set_fields", SAY),
        wires="start>c c.yes>a c.no>b a>j b>j j>after",
    )  # fmt: skip
    engine = Engine(world.writer, context, world.listener, world.questions)
    run = await world.run(diagram, {})
    outcome = await engine.play(run)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["node_id"]) == ("join_short", "j")
    assert "after" not in await world.steps(run)
