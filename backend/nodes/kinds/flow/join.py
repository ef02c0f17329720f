"""Wait for branches to meet: for all that can still come, for the first, or for a number of them.

The result holds the outputs of the nodes that arrived, by their ids. With a time limit it goes on with those that came in
time, or fails; the time begins when the first branch arrives and survives restarts. Branches that are late run to their end.
"""

from typing import Literal

from pydantic import Field

from backend.nodes.gives import Gives
from backend.nodes.kind import Duration, NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    """Settings; the engine joins by them."""

    mode: Literal["all", "any", "count"] = Field(
        default="all",
        title="Wait for",
        description="All branches that can still arrive, any one, or a number of them.",
    )
    count: int = Field(
        default=2, title="Number", ge=1, le=1000, description="For count: how many must arrive."
    )
    timeout: Duration | None = Field(
        default=None,
        title="At most",
        description="From the first branch that arrives on; empty means for as long as it takes.",
    )
    after_that: Literal["go_on", "fail"] = Field(
        default="go_on", title="After that", description="Go on with those that came, or fail."
    )


GIVES = Gives(closed=False)


@node(
    title="Join",
    group="Flow",
    icon="merge",
    role="join",
    summary="mode",
    pure=True,
    synonyms=("merge", "wait for all", "together"),
)
async def join(config: Config, ctx: NodeContext) -> Step:
    """What arrived."""
    return Step(dict(ctx.inputs))
