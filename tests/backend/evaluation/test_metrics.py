"""Each metric says from 0 to 1 how good a run was; what cannot be read is refused with its place."""

from typing import Any

import pytest

from backend.core.errors import Invalid
from backend.evaluation import registry, scoring
from backend.evaluation.schemas import CheckScore
from backend.nodes.judging import Judge, Verdict

OUTPUT: Any = {
    "answer": "Your money comes back within 14 days.",
    "total": 119.0,
    "rows": [{"n": 1}, {"n": 2}],
    "ok": True,
}
SCOPE: Any = {
    "input": {"question": "When?"},
    "output": OUTPUT,
    "expected": {"total": 119, "rows": [{"n": 1}, {"n": 3}]},
    "nodes": {"find": {"passages": [1, 2]}},
    "run": {"state": "succeeded", "seconds": 0.5, "steps": ["start", "find"], "visits": {"find": 2}, "cost": 0.01},
}  # fmt: skip


class World:
    """Embeds by length, and judges all alike."""

    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 0.0] if len(text) > 10 else [0.6, 0.8] for text in texts]

    async def judge(self, judge: Judge, what: Any) -> Verdict:
        return Verdict(0.9 if "kind" in judge.criteria and what["input"] else 0.2, ("as it is",))


async def made(**check: Any) -> CheckScore:
    """What a single check comes to."""
    verdict = await scoring.verdict("succeeded", "succeeded", [check], SCOPE, World())
    return verdict.scores[0]


@pytest.mark.parametrize(
    ("check", "score"),
    [
        ({"metric": "exact", "of": "output.total", "expected": 119}, 1),
        ({"metric": "exact", "of": "output.ok", "expected": 1}, 0),
        (
            {
                "metric": "exact",
                "of": "output.answer",
                "expected": "your  MONEY comes back within 14 days.",
                "ignore_case": True,
            },
            1,
        ),
        ({"metric": "contains", "of": "output.answer", "texts": ["14 DAYS", "refund"]}, 0.5),
        ({"metric": "contains", "never": ["sorry"]}, 1),
        ({"metric": "regex", "of": "output.answer", "pattern": r"\d+ days"}, 1),
        ({"metric": "regex", "of": "output.answer", "pattern": r"\d+ days", "whole": True}, 0),
        ({"metric": "fields"}, 0.6667),
        ({"metric": "fields", "against": "expected.rows", "of": "output.rows"}, 0.5),
        (
            {
                "metric": "schema",
                "form": {
                    "type": "object",
                    "required": ["answer"],
                    "properties": {"total": {"type": "number"}},
                },
            },
            1,
        ),
        ({"metric": "schema", "of": "output.answer", "form": {"type": "object"}}, 0),
        ({"metric": "number", "of": "output.total", "expected": 120, "tolerance": 0.5}, 0),
        ({"metric": "number", "of": "output.total", "expected": "120", "share": 0.01}, 1),
        (
            {
                "metric": "expression",
                "expression": "run.visits.find == 2 and run.cost < 0.05 and 'find' in run.steps",
            },
            1,
        ),
        ({"metric": "expression", "expression": "len(nodes.find.passages) / 4"}, 0.5),
        ({"metric": "expression", "expression": "output.answer.upper() == input.question"}, 0),
        ({"metric": "similarity", "of": "output.answer", "expected": "short"}, 0.6),
        ({"metric": "judge", "criteria": "Is it kind?", "script": "turns: []"}, 0.9),
    ],
)
async def test_a_metric_scores(check: dict[str, Any], score: float) -> None:
    found = await made(**check)
    assert found.score == score, found
    assert found.passed == (score >= registry.all_metrics()[check["metric"]].passes)
    assert found.passed or found.reason


async def test_a_check_that_cannot_be_made_scores_nothing_and_says_why() -> None:
    found = await made(metric="expression", expression="output.answer / 2 > 1")
    assert (found.score, found.passed) == (0, False)
    assert "output.answer / 2" in found.reason


async def test_weights_count_and_another_end_scores_nothing() -> None:
    checks: list[dict[str, Any]] = [
        {"metric": "expression", "expression": "true", "weight": 3},
        {"metric": "expression", "expression": "false"},
        {"metric": "exact"},
    ]
    scope = SCOPE | {"expected": None}
    found = await scoring.verdict("succeeded", "succeeded", checks, scope, World())
    assert (found.score, found.passed, len(found.scores)) == (0.75, False, 2), "nothing is expected"
    other = await scoring.verdict("waiting", "succeeded", checks, scope, World())
    assert (other.score, other.scores) == (0, ())
    assert "succeeded" in other.reason


def test_what_cannot_be_read_is_refused_with_its_place() -> None:
    checks: list[dict[str, Any]] = [
        {"metric": "fields"},
        {"metric": "guess"},
        {"metric": "expression", "expression": "outputs.x"},
        {"metric": "contains"},
        {"metric": "exact", "of": "output.("},
    ]
    with pytest.raises(Invalid) as refused:
        registry.require(checks, "checks")
    places = [problem.place for problem in refused.value.problems]
    assert places == ["checks.1.metric", "checks.2.expression", "checks.3.contains", "checks.4.of"]


def test_every_metric_explains_itself() -> None:
    for name, metric in registry.all_metrics().items():
        assert metric.help.endswith("."), name
        schema = metric.check.model_json_schema()
        assert all("title" in field for field in schema["properties"].values()), name
    assert set(registry.all_metrics()) == {
        "contains", "exact", "expression", "fields", "judge", "number", "regex", "schema", "similarity"
    }  # fmt: skip
