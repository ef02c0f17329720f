"""What passes a gate, by its form and by its likeness; rules and judges are played in runs."""

from typing import Any

import pytest

from backend.core.errors import Invalid
from backend.nodes.kind import Step
from backend.nodes.kinds.ai.quality_gate import Config, quality_gate
from tests.backend.nodes.fakes import FakeContext

pytestmark = pytest.mark.usefixtures("environment")


async def checked(
    work: Any, vectors: dict[str, list[float]] | None = None, **settings: Any
) -> tuple[Step, Any]:
    ctx = FakeContext(input=work)
    ctx.vectors = vectors or {}
    step = await quality_gate.play(Config.model_validate({"value": "{{ input }}", **settings}), ctx)
    return step, step.output


async def test_a_form_is_fitted_by_data_and_by_text_that_is_json() -> None:
    form = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
    for work in ({"total": 3}, '{"total": 3}'):
        step, found = await checked(work, by="form", form=form)
        assert (step.leave_by, found["score"], found["value"]) == ("pass", 1, work)
    step, found = await checked("no json", by="form", form=form)
    assert (step.leave_by, found["critique"]) == ("fail", "It is not JSON.")
    _, found = await checked({"total": "x"}, by="form", form=form)
    assert "value.total" in found["critique"]


async def test_the_nearest_reference_counts() -> None:
    vectors = {"a chair": [1.0, 0.0], "a stool": [0.8, 0.6], "a law": [0.0, 1.0]}
    wanted = {"references": ["a law", "a stool"]}
    step, found = await checked("a chair", vectors, by="likeness", likeness=wanted)
    assert (step.leave_by, found["score"], found["critique"]) == ("pass", 0.8, "")
    step, found = await checked("a chair", vectors, by="likeness", likeness=wanted, min_score=0.9)
    assert (step.leave_by, found["critique"]) == ("fail", "0.80 like “a stool”")
    with pytest.raises(Invalid, match="nothing to compare"):
        await checked(" ", vectors, by="likeness", likeness=wanted)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "add at least one rule"),
        ({"by": "form"}, "enter the JSON Schema"),
        ({"by": "judge"}, "enter the script that the judge plays"),
        ({"by": "likeness", "likeness": {"references": [" "]}}, "add at least one reference"),
    ],
)
def test_a_gate_that_checks_nothing_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Config.model_validate(settings)
