"""Play the nodes inside once for each entry of a list, several at a time.

Inside, expressions read the entry as `item` and its number, from 0, as `index`. The result is the list of the
bodies' results, in the order of the entries.
"""

from typing import Literal

from pydantic import Field

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    """Settings; the engine plays the body by them."""

    items: Expression = Field(
        title="List",
        min_length=1,
        description="An expression that gives a list, such as input.rows.",
        json_schema_extra={"widget": "expression", "takes": "list"},
    )
    concurrency: int = Field(
        default=4,
        title="At a time",
        ge=1,
        le=100,
        description="How many entries are played at once.",
        json_schema_extra={"advanced": True},
    )
    on_item_error: Literal["stop", "collect", "drop"] = Field(
        default="stop",
        title="When an entry fails",
        description="Stop everything, collect the error in its place, or drop the entry.",
    )


GIVES = Gives("list")


@node(
    title="Map",
    group="Flow",
    icon="repeat-2",
    role="map",
    summary="items",
    synonyms=("for each", "list", "parallel", "iterate"),
)
async def map_list(config: Config, ctx: NodeContext) -> Step:
    """The entries to play the body for."""
    items = await ctx.value(config.items)
    if not isinstance(items, list):
        raise Invalid(
            f"`{config.items}` gave {type(items).__name__}, not a list.",
            fix="Choose an expression that gives a list.",
        )
    return Step(items)
