"""A frame around nodes that belong together, foldable to one card; nothing is played.

Which nodes it holds stands on the nodes, in `group`.
"""

from pydantic import Field

from backend.nodes.kind import NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    folded: bool = Field(
        default=False, title="Folded", description="Drawn as one card that stands for all its nodes."
    )


@node(
    title="Group",
    group="Notes",
    icon="group",
    ports=(),
    role="group",
    synonyms=("frame", "section", "fold", "collapse"),
)
async def group(config: Config, ctx: NodeContext) -> Step:
    """Nothing."""
    return Step()
