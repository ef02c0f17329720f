"""Make an object of named values from what the run knows.

Each value is text with {{ expressions }}; a value that is one expression alone keeps its type, so `{{ input.amount }}`
stays a number.
"""

from pydantic import Field

from backend.nodes.fields import Assignment, assigned, only_input
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    fields: tuple[Assignment, ...] = Field(
        title="Fields",
        min_length=1,
        max_length=100,
        description="Names and their values.",
        json_schema_extra={"widget": "keyvalue"},
    )
    keep_input: bool = Field(
        default=False,
        title="Keep what came in",
        description="Start from the fields of the node before, where it gave an object.",
    )


GIVES = Gives(each="fields", closed=False)


@node(
    title="Set fields",
    group="Data",
    icon="list-plus",
    summary="fields",
    pure=True,
    synonyms=("map", "edit", "assign", "object", "template"),
)
async def set_fields(config: Config, ctx: NodeContext) -> Step:
    """The object."""
    before = only_input(ctx) if config.keep_input else {}
    return Step((before if isinstance(before, dict) else {}) | await assigned(ctx, config.fields))
