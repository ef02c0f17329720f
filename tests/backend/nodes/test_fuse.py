"""What becomes of several results, by each way of fusing them."""

from typing import Any

import pytest

from backend.core.errors import Invalid
from backend.nodes import fusing
from backend.nodes.kinds.flow.fuse import Config, fuse
from tests.backend.nodes.agents import Offline

pytestmark = pytest.mark.usefixtures("environment")


async def fused(results: Any, **settings: Any) -> tuple[dict[str, Any], str]:
    ctx = Offline(input=results)
    step = await fuse.play(Config.model_validate({"results": "input", **settings}), ctx)
    assert isinstance(step.output, dict)
    return step.output, step.leave_by


async def test_the_most_votes_win_and_weights_count() -> None:
    answers = {"a": {"text": "Yes"}, "b": {"text": "no"}, "c": {"text": " yes "}}
    found, port = await fused(answers, by="vote", field="text")
    assert (found["value"], found["share"], port) == ("Yes", 0.6667, "out")
    order = [{"name": "b", "weight": 5}]
    assert (await fused(answers, by="vote", field="text", order=order))[0]["value"] == "no"
    tie, _ = await fused({"a": "x", "b": "y"}, by="vote", order=[{"name": "b"}])
    assert tie["value"] == "y", "the most trusted one"


async def test_a_mean_is_weighted_and_wants_numbers() -> None:
    found, _ = await fused(
        [{"score": 8}, {"score": 2}], by="weighted", field="score", order=[{"name": "0", "weight": 3}]
    )
    assert found["value"] == 6.5
    with pytest.raises(Invalid, match="“a” gave str, not a number"):
        await fused({"a": "x"}, by="weighted")


async def test_ranks_meet_at_what_all_lists_hold() -> None:
    lists = {"words": [{"id": 1}, {"id": 2}], "meaning": [{"id": 2}, {"id": 3}]}
    found, _ = await fused(lists, by="rank", same_by="id")
    assert [one["id"] for one in found["value"]] == [2, 1, 3]
    assert found["ranks"][0] == {"score": round(1 / 62 + 1 / 61, 6), "from": ["words", "meaning"]}
    assert fusing.RANK_CONSTANT == 60


async def test_too_few_leave_by_their_own_port() -> None:
    found, port = await fused({"a": 1, "b": None}, by="vote", least=2)
    assert (port, found["sources"], found["results"]) == ("too_few", ["a"], {"a": 1})


def test_the_one_most_like_the_others_by_their_weights() -> None:
    vectors = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]
    found = fusing.most_alike({"a": "x", "b": "y", "c": "z"}, {}, vectors)
    assert (found["from"], found["value"], found["likeness"]) == ("c", "z", {"a": 0.3, "b": 0.4, "c": 0.7})
    assert fusing.most_alike({"a": "x", "b": "y", "c": "z"}, {"a": 9}, vectors)["from"] == "c"
    assert fusing.most_alike({"a": "x"}, {}, [[1.0]])["score"] == 1
    assert fusing.text({"b": 1}) == '{"b":1}'


async def test_an_empty_text_is_like_nothing() -> None:
    with pytest.raises(Invalid, match="there is an empty one"):
        await fused({"a": "x", "b": " "}, by="likeness")


async def test_the_best_by_a_judge() -> None:
    script = """turns: [{when: long, say: '{"score": 9, "reasons": ["thorough"]}'}, {say: '{"score": 3, "reasons": []}'}]"""
    judge = {"criteria": "Thorough.", "script": script}
    found, _ = await fused({"a": "short", "b": "a long one"}, by="best_of", best_of=judge)
    assert (found["value"], found["from"], found["score"]) == ("a long one", "b", 0.9)
    assert found["verdicts"][1]["reasons"] == ["thorough"]
