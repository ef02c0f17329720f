"""Ask a database of the team with one SELECT; it can only be read, and rows and time are limited."""

from pydantic import Field, JsonValue

from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Refused, tool


class Wanted(Arguments):
    statement: str = Field(
        min_length=1,
        max_length=20_000,
        description="One SELECT. Values stand as $1, $2 … in it and come in `parameters`, never in the text.",
    )
    parameters: list[str | int | float | bool | None] = Field(
        default=[], max_length=100, description="The values of $1, $2 … in their order."
    )
    database: str = Field(
        default="", max_length=200, description="Which database, where there is more than one."
    )
    rows: int = Field(default=50, ge=1, le=1_000, description="How many rows at most.")


@tool(title="SQL", effects=("read",), needs="databases")
async def sql(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """Columns and rows, and whether there are more."""
    named = arguments.database or (bounds.databases[0] if len(bounds.databases) == 1 else "")
    if named not in bounds.databases:
        raise Refused(f"Name one of the databases: {', '.join(bounds.databases) or 'there are none'}.")
    return await ctx.query(named, arguments.statement, arguments.parameters, arguments.rows)
