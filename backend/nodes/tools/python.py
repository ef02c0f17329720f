"""Run a short Python program in the sandbox, without network, files or packages; the value of its last expression is the result."""

from pydantic import Field, JsonValue

from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, tool


class Wanted(Arguments):
    source: str = Field(
        min_length=1, max_length=20_000, description="The program; its last line is an expression."
    )
    inputs: dict[str, JsonValue] = Field(
        default={}, description="Values that the program knows by these names."
    )


@tool(title="Python", effects=("code",))
async def python(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """The value."""
    return {"value": await ctx.code(arguments.source, arguments.inputs)}
