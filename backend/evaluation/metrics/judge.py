"""A model judges from 0 to 10 by what you say counts, and gives its reasons."""

from pydantic import Field, JsonValue, model_validator

from backend.evaluation.metric import Check, Score, Seen, metric
from backend.nodes.judging import Judge


class Config(Check):
    criteria: str = Field(
        default="Does the output answer the input correctly and completely, without anything that contradicts what is expected?",
        title="What counts",
        max_length=10_000,
    )
    model: str = Field(
        default="scripted/script",
        title="Model",
        min_length=1,
        max_length=200,
        description="openai:…, anthropic:…, compatible:… or scripted/script.",
    )
    script: str = Field(
        default="",
        title="Script",
        max_length=100_000,
        description="For scripted/script: YAML with `turns`; each says JSON with `score` and `reasons`.",
        json_schema_extra={"widget": "code"},
    )

    @model_validator(mode="after")
    def _can_judge(self) -> "Config":
        if missing := self.judge().missing():
            raise ValueError(missing)
        return self

    def judge(self) -> Judge:
        """As nodes have one."""
        return Judge(criteria=self.criteria, model=self.model, script=self.script)


@metric(title="Judged by a model", passes=0.7)
async def judge(check: Config, seen: Seen) -> Score:
    """What it is shown: the input, what is looked at, and what is expected where something is."""
    what: dict[str, JsonValue] = {"input": seen.scope.get("input"), "output": seen.value}
    if seen.scope.get("expected") is not None:
        what["expected"] = seen.scope["expected"]
    verdict = await seen.world.judge(check.judge(), what)
    return Score(verdict.score, " ".join(verdict.reasons))
