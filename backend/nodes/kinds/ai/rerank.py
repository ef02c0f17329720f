"""Put passages in order by how well they answer a question, and keep the best.

By likeness each is as near as the nearest of its sentences, which is finer than the passage as a whole and works offline
with the embedded model. By a judge a model reads each of them beside the question.
"""

import math
import re
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.judging import Judge, judged
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Step, Template, node

MOST = 50
_SENTENCES = 12  # of a passage, the first ones
_END = re.compile(r"(?<=[.!?…])\s+|\n+")


class Config(NodeConfig):
    passages: Expression = Field(
        title="Passages",
        min_length=1,
        description=f"A list of texts or of objects with `text`, such as nodes.fuse.value; at most {MOST}.",
    )
    question: Template = Field(
        title="Question", min_length=1, description="What they should answer, for example {{ input.text }}."
    )
    by: Literal["likeness", "judge"] = Field(
        default="likeness", title="Order by", description="Embeddings of their sentences, or a judge."
    )
    limit: int = Field(default=4, title="Keep", ge=1, le=MOST, description="How many at most.")
    min_score: float = Field(
        default=0.0,
        title="Least score",
        ge=-1,
        le=1,
        description="Those below it are left out.",
        json_schema_extra={"advanced": True},
    )
    judge: Judge = Field(default=Judge(), title="Judge", description="Gives 0 to 10 to each of them.")

    @model_validator(mode="after")
    def _judge_can_judge(self) -> "Config":
        if self.by == "judge" and (missing := self.judge.missing()):
            raise ValueError(missing)
        return self


GIVES = Gives(fields={"passages": "list", "text": "text", "best_score": "number"})


@node(
    title="Rerank",
    group="AI",
    icon="list-ordered",
    summary="by",
    effects=("external", "money"),
    resumes=True,
    synonyms=("rag", "order", "sort", "relevance", "cross-encoder", "best"),
)
async def rerank(config: Config, ctx: NodeContext) -> Step:
    """The best passages with their scores, also as one text."""
    question = (await ctx.text(config.question)).strip()
    if not question:
        raise Invalid("There is no question.", fix="Check what the field Question refers to.")
    given = _objects(await ctx.value(config.passages), config.passages)
    texts = [str(one["text"]) for one in given]
    scores = await (_liked if config.by == "likeness" else _judged)(config, ctx, question, texts)
    order = sorted(range(len(given)), key=lambda place: -scores[place])
    best = [place for place in order if scores[place] >= config.min_score][: config.limit]
    return Step(
        {
            "passages": [{**given[place], "score": scores[place]} for place in best],
            "text": "\n\n".join(texts[place] for place in best),
            "best_score": scores[best[0]] if best else None,
        }
    )


def _objects(value: JsonValue, said: str) -> list[dict[str, JsonValue]]:
    """Each with a text that is not empty."""
    if not isinstance(value, list):
        raise Invalid(f"`{said}` gave {type(value).__name__}, not a list.", fix="Name a list of passages.")
    if len(value) > MOST:
        raise Invalid(f"There are {len(value)} passages; {MOST} are allowed.", fix="Retrieve fewer.")
    found: list[dict[str, JsonValue]] = [one if isinstance(one, dict) else {"text": one} for one in value]
    if any(not isinstance(text := one.get("text"), str) or not text.strip() for one in found):
        raise Invalid("A passage has no text.", fix="Give texts, or objects with the field text.")
    return found


async def _liked(config: Config, ctx: NodeContext, question: str, texts: list[str]) -> list[float]:
    """How near the nearest sentence of each is."""
    if not texts:
        return []
    cut = [[one for part in _END.split(text) if (one := part.strip())][:_SENTENCES] for text in texts]
    asked, *known = await ctx.embed([question, *(sentence for sentences in cut for sentence in sentences)])
    near = iter([math.fsum(a * b for a, b in zip(asked, one, strict=True)) for one in known])
    return [round(max(next(near) for _ in sentences), 4) for sentences in cut]


async def _judged(config: Config, ctx: NodeContext, question: str, texts: list[str]) -> list[float]:
    async def one(number: int, text: str) -> float:
        what: JsonValue = {"question": question, "passage": text}
        return (await judged(ctx, config.judge, what, who=f"judge {number}")).score

    return await ctx.together([lambda n=n, text=text: one(n, text) for n, text in enumerate(texts, start=1)])
