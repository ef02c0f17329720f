"""Wait for branches to meet: for all that can still come, for the first, or for a number of them.

The result holds the outputs of the nodes that arrived, by their ids.
"""

from typing import Literal

from pydantic import Field

from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, node


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
