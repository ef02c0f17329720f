"""Make one result of several: by priority, vote, weight, rank, as the one most like the others, or as the best by a judge.

It takes what came in, or a list or object of results. Where too few of them are there, it leaves by `too_few` with what is
there. Behind a Join that waits for a number of branches, or for a time, it is a quorum with a time limit.
"""

from typing import Literal, cast

from pydantic import Field, JsonValue, model_validator

from backend.core.errors import Invalid
from backend.nodes import fusing
from backend.nodes.fields import Part
from backend.nodes.gives import Gives
from backend.nodes.judging import Judge, judged
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Step, node

By = Literal["merge", "vote", "weighted", "rank", "likeness", "best_of"]


class Source(Part):
    """One of those that give a result."""

    name: str = Field(
        title="Name",
        min_length=1,
        max_length=200,
        description="The node's id, or the key or number in the results.",
    )
    weight: float = Field(default=1, title="Weight", ge=0, le=1000, description="How much it counts.")


class Config(NodeConfig):
    by: By = Field(
        default="merge",
        title="Fuse by",
        description="Fields by priority, the most votes, the mean, the ranks in lists, embeddings, or a judge.",
    )
    results: Expression = Field(
        default="",
        title="Results",
        description="A list or an object, such as nodes.map; empty: what came in.",
    )
    field: str = Field(
        default="",
        title="Field",
        max_length=200,
        description="Of each result only this, such as text or score.",
    )
    order: tuple[Source, ...] = Field(
        default=(),
        title="Sources",
        max_length=50,
        description="The most trusted one first, with weights; those that are not listed follow.",
    )
    same_by: str = Field(
        default="",
        title="The same by",
        max_length=200,
        description="For rank: the field by which items are the same, such as id; empty: the whole item.",
        json_schema_extra={"advanced": True},
    )
    least: int = Field(
        default=1, title="At least", ge=1, le=1000, description="So many results must be there."
    )
    best_of: Judge = Field(default=Judge(), title="Judge", description="Gives 0 to 10 to each of them.")

    @model_validator(mode="after")
    def _judge_can_judge(self) -> "Config":
        if self.by == "best_of" and (missing := self.best_of.missing()):
            raise ValueError(missing)
        return self


GIVES = Gives(fields={"value": "any", "sources": "list"}, closed=False)


@node(
    title="Fuse",
    group="Flow",
    icon="combine",
    ports=("out", "too_few"),
    summary="by",
    effects=("external", "money"),
    resumes=True,
    synonyms=("merge", "vote", "consensus", "reciprocal rank", "best of", "quorum", "fusion"),
)
async def fuse(config: Config, ctx: NodeContext) -> Step:
    """The one result, and how it came about."""
    found = _in_order(config, _parts(config, await _given(config, ctx)))
    sources: list[JsonValue] = [*found]
    if len(found) < config.least:
        return Step({"value": None, "sources": sources, "results": dict(found)}, leave_by="too_few")
    weights = {one.name: one.weight for one in config.order}
    try:
        if config.by == "best_of":
            fused = await _best(config, ctx, found)
        elif config.by == "likeness":
            fused = fusing.most_alike(found, weights, await ctx.embed([*map(fusing.text, found.values())]))
        else:
            fused = _fused(config, found, weights)
    except fusing.CannotFuse as wrong:
        raise Invalid(f"The results cannot be fused: {wrong}.", fix="Name the field that counts.") from None
    return Step({**fused, "sources": sources})


def _fused(config: Config, found: fusing.Results, weights: fusing.Weights) -> dict[str, JsonValue]:
    if config.by == "merge":
        return fusing.merged(found)
    if config.by == "vote":
        return fusing.voted(found, weights)
    if config.by == "rank":
        return fusing.ranked(found, weights, config.same_by)
    return fusing.weighed(found, weights)


async def _best(config: Config, ctx: NodeContext, found: fusing.Results) -> dict[str, JsonValue]:
    """The one to which the judge gives most; of equals the first."""

    async def one(name: str, result: JsonValue) -> tuple[str, float, tuple[str, ...]]:
        verdict = await judged(ctx, config.best_of, result)
        return name, verdict.score, verdict.reasons

    told = await ctx.together([lambda n=name, r=result: one(n, r) for name, result in found.items()])
    best = max(told, key=lambda verdict: verdict[1])
    verdicts: list[JsonValue] = [{"source": n, "score": s, "reasons": list(why)} for n, s, why in told]
    return {"value": found[best[0]], "from": best[0], "score": best[1], "verdicts": verdicts}


async def _given(config: Config, ctx: NodeContext) -> dict[str, JsonValue]:
    """The results by their source."""
    given = await ctx.value(config.results) if config.results.strip() else _came(ctx)
    if isinstance(given, list):
        return {str(number): one for number, one in enumerate(given)}
    if isinstance(given, dict):
        return dict(given)
    raise Invalid(f"The results are {type(given).__name__}.", fix="Give a list or an object of results.")


def _came(ctx: NodeContext) -> JsonValue:
    """What came in; a Join or a map alone stands for what it holds."""
    outputs = dict(ctx.inputs)
    only = next(iter(outputs.values())) if len(outputs) == 1 else None
    return only if isinstance(only, list | dict) else cast(JsonValue, outputs)


def _parts(config: Config, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """What counts of each; what is not there is left out."""
    if config.field:
        given = {n: one.get(config.field) if isinstance(one, dict) else None for n, one in given.items()}
    return {name: one for name, one in given.items() if one is not None}


def _in_order(config: Config, found: dict[str, JsonValue]) -> dict[str, JsonValue]:
    listed = [one.name for one in config.order if one.name in found]
    return {name: found[name] for name in (*listed, *(n for n in found if n not in listed))}
