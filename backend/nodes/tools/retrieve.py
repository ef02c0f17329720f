"""Find the passages of a collection of texts that are closest in meaning to a question."""

from pydantic import Field, JsonValue

from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Refused, tool


class Wanted(Arguments):
    query: str = Field(min_length=1, max_length=2_000, description="What is looked for, in whole words.")
    collection: str = Field(default="", description="Which collection, where there is more than one.")
    limit: int = Field(default=4, ge=1, le=10, description="How many passages.")


@tool(title="Retrieve", effects=("read",), needs="collections")
async def retrieve(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """The passages with their titles and how near they are."""
    named = arguments.collection or (bounds.collections[0] if len(bounds.collections) == 1 else "")
    if named not in bounds.collections:
        raise Refused(f"Name one of the collections: {', '.join(bounds.collections) or 'there are none'}.")
    found = await ctx.search(named, arguments.query, arguments.limit)
    return [{"text": one.text, "title": one.title, "score": round(one.score, 4)} for one in found]
