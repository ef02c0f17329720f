"""Say a text loudly."""

from pydantic import Field

from backend.nodes.kind import NodeConfig, NodeContext, Step, Template, node


class Config(NodeConfig):
    text: Template = Field(default="", title="Text", description="What to say.")
    marks: int = Field(default=1, title="Exclamation marks", ge=0, le=10, description="How loudly.")


@node(title="Shout", group="Data", icon="megaphone", summary="text")
async def shout(config: Config, ctx: NodeContext) -> Step:
    """The text in capitals."""
    return Step((await ctx.text(config.text)).upper() + "!" * config.marks)
