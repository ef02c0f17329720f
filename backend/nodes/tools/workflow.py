"""Let another workflow of the team do something, as a run of its own, and wait for what it gives."""

from pydantic import Field, JsonValue

from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Refused, tool


class Wanted(Arguments):
    workflow: str = Field(min_length=1, max_length=200, description="Its short name.")
    input: dict[str, JsonValue] = Field(default={}, description="The fields of its form.")


@tool(title="Workflow", effects=("read", "write", "external", "code", "money"), needs="workflows", waits=True)
async def workflow(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """Its output; the version was fixed when this run began."""
    if arguments.workflow not in bounds.workflows:
        raise Refused(f"Name one of the workflows: {', '.join(bounds.workflows) or 'there are none'}.")
    return {"output": await ctx.call(arguments.workflow, None, arguments.input)}
