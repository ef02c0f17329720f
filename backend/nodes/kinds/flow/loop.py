"""Play the nodes inside again and again until an expression is true, at most a stated number of times.

Inside and in the expression, `previous` is the body's last result and `index` the number of the round, from 0.
"""

from pydantic import Field

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


@node(
    title="Loop",
    group="Flow",
    icon="refresh-cw",
    role="loop",
    summary="until",
    synonyms=("repeat", "while", "until", "again"),
)
async def loop(config: Config, ctx: NodeContext) -> Step:
    """Whether the loop is done; asked after each round."""
    return Step({"done": bool(await ctx.value(config.until))})
