"""Words on the canvas, for those who read the diagram; nothing is played."""

from pydantic import Field

from backend.nodes.kind import NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    text: str = Field(
        default="",
        title="Text",
        max_length=10_000,
        description="Markdown; raw HTML and remote images are not shown.",
        json_schema_extra={"widget": "textarea"},
    )


@node(
    title="Note",
    group="Notes",
    icon="sticky-note",
    ports=(),
    role="note",
    summary="text",
    synonyms=("comment", "sticky", "text"),
)
async def note(config: Config, ctx: NodeContext) -> Step:
    """Nothing."""
    return Step()
