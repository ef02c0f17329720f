"""Passages in order by what answers a question best."""

from typing import Any

import pytest
from pydantic import ValidationError

from backend.core.errors import Invalid
from backend.nodes.kinds.ai.rerank import Config, rerank
from tests.backend.nodes.agents import Offline

pytestmark = pytest.mark.usefixtures("environment")

REFUND = {"text": "We sell bicycles. Money comes back in a week.", "source": "b.md", "score": 0.01}
NEAR = {"Where is my money?": [1.0, 0.0, 0.0], "Money comes back in a week.": [0.9, 0.1, 0.0], "Lunch at noon.": [0.1, 0.9, 0.0]}  # fmt: skip


async def reranked(given: Any, **settings: Any) -> dict[str, Any]:
    ctx = Offline(input=given)
    ctx.vectors = NEAR
    wanted = {"passages": "input", "question": "Where is my money?", **settings}
    step = await rerank.play(Config.model_validate(wanted), ctx)
    assert isinstance(step.output, dict)
    return step.output


async def test_a_passage_is_as_near_as_its_nearest_sentence() -> None:
    found = await reranked(["Lunch at noon.", REFUND])
    assert found["passages"] == [REFUND | {"score": 0.9}, {"text": "Lunch at noon.", "score": 0.1}]
    assert found["best_score"] == 0.9
    assert found["text"] == f"{REFUND['text']}\n\nLunch at noon."


async def test_only_the_best_are_kept_and_none_that_is_too_far() -> None:
    assert len((await reranked(["Lunch at noon.", REFUND], limit=1))["passages"]) == 1
    assert (await reranked(["Lunch at noon."], min_score=0.5)) == {
        "passages": [],
        "text": "",
        "best_score": None,
    }
    assert (await reranked([]))["passages"] == []


async def test_a_judge_reads_each_beside_the_question() -> None:
    script = 'turns: [{when: bicycles, say: \'{"score": 8, "reasons": []}\'}, {say: \'{"score": 1, "reasons": []}\'}]'
    found = await reranked(["Lunch at noon.", REFUND], by="judge", judge={"script": script})
    assert [one["score"] for one in found["passages"]] == [0.8, 0.1]
    with pytest.raises(ValidationError, match="enter the script"):
        Config.model_validate({"passages": "input", "question": "?", "by": "judge"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("one text", "gave str, not a list"),
        ([{"title": "no text"}], "has no text"),
        (["fine", "  "], "has no text"),
        ([1], "has no text"),
        (["x"] * 51, "51 passages; 50 are allowed"),
    ],
)
async def test_what_is_no_list_of_passages_is_told(given: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        await reranked(given)
    with pytest.raises(Invalid, match="no question"):
        await reranked([REFUND], question="{{ input.nothing if input == 1 else '' }}")
