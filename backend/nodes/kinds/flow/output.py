"""Where a run ends: what it gives to whoever started it.

Each field is text with {{ expressions }}; a field that is one expression alone keeps its type.
Without fields the run gives what came in here.
"""

from pydantic import Field

from backend.nodes.fields import Assignment, assigned, only_input
from backend.nodes.kind import NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    fields: tuple[Assignment, ...] = Field(
        default=(),
        title="Output fields",
        max_length=100,
        description="What the run gives; empty means what came in.",
        json_schema_extra={"widget": "keyvalue"},
    )


@node(
    title="Output",
    group="Flow",
    icon="flag",
    ports=(),
    role="end",
    summary="fields",
    pure=True,
    synonyms=("end", "result", "return", "finish"),
)
async def output(config: Config, ctx: NodeContext) -> Step:
    """The run's result."""
    return Step(await assigned(ctx, config.fields) if config.fields else only_input(ctx))
