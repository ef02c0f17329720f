"""Play the nodes inside again and again until an expression is true, at most a stated number of times.

Inside and in the expressions, `previous` is the body's last result and `index` the number of the round, from 0. It gives
the last round's result, or, with a score to keep the best by, that of the best round.
"""

from pydantic import Field, JsonValue, model_validator

from backend.core.errors import Invalid
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    """Settings; the engine plays the body by them."""

    until: Expression = Field(
        title="Until",
        min_length=1,
        description="The loop ends when this is true, for example previous.score >= 8.",
    )
    max_iterations: int = Field(
        default=5,
        title="At most",
        ge=1,
        le=1000,
        description="The loop ends after this many rounds in any case.",
    )
    best_by: Expression = Field(
        default="",
        title="Keep the best by",
        description="A number, such as previous.score: the best round's result is given; empty: the last one's.",
    )
    patience: int | None = Field(
        default=None,
        title="Stop without a better one",
        ge=1,
        le=1000,
        description="After so many rounds in a row that are no better; empty: never.",
    )

    @model_validator(mode="after")
    def _patience_has_a_score(self) -> "Config":
        if self.patience is not None and not self.best_by.strip():
            raise ValueError(
                "enter by what the best round is kept, or leave “Stop without a better one” empty"
            )
        return self


@node(
    title="Loop",
    group="Flow",
    icon="refresh-cw",
    role="loop",
    summary="until",
    synonyms=("repeat", "while", "until", "again"),
)
async def loop(config: Config, ctx: NodeContext) -> Step:
    """Whether the loop is done, and how good the round was; asked after each."""
    said: dict[str, JsonValue] = {"done": bool(await ctx.value(config.until))}
    if config.best_by.strip():
        score = await ctx.value(config.best_by)
        if isinstance(score, bool) or not isinstance(score, int | float):
            told = f"“Keep the best by” gave {type(score).__name__}, not a number."
            raise Invalid(told, fix="Let the body give a score, and name it: previous.score.")
        said["score"] = score
    return Step(said)
