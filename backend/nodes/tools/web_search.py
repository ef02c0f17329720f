"""Search the web with the search service of this installation; gives titles, addresses and what the pages say in short."""

from pydantic import Field, JsonValue

from backend.nodes import web_search as services
from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, tool


class Wanted(Arguments):
    query: str = Field(min_length=1, max_length=400, description="What is looked for.")
    limit: int = Field(default=5, ge=1, le=20, description="How many results.")


@tool(title="Web search", effects=("read", "external"))
async def web_search(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """The results, the best first."""
    found = await services.search(ctx, arguments.query, arguments.limit)
    return [{"title": one.title, "url": one.url, "text": one.text} for one in found]
