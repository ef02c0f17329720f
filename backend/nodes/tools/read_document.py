"""Read a document: PDF, Word, Excel, HTML, CSV or text, from an address that the node allows or from the run's input."""

from pydantic import Field, JsonValue

from backend.nodes.hosts import ANY, require_host
from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Refused, tool

_DATA = "data:"


class Wanted(Arguments):
    source: str = Field(
        min_length=1,
        max_length=2_000,
        description="A full web address, or the name of a field of the run's input that holds a file.",
    )
    begin: int = Field(default=0, ge=0, le=5_000_000, description="The character at which to begin.")
    characters: int = Field(default=6_000, ge=100, le=100_000, description="How much of its text to give.")


@tool(title="Read document", effects=("read", "external"), needs="hosts")
async def read_document(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """A part of the text, and how much there is."""
    source, redirects = _file(ctx, arguments.source), 0
    if not source.startswith(_DATA):
        require_host(source, bounds.hosts)
        redirects = 3 if ANY in bounds.hosts else 0  # else a host could send us on to one that is not named
    end = arguments.begin + arguments.characters
    found = await ctx.document(source, characters=end, redirects=redirects)
    return {
        "title": found.title,
        "format": found.format,
        "pages": found.pages,
        "text": found.text[arguments.begin : end],
        "more": found.truncated or len(found.text) > end,
    }


def _file(ctx: NodeContext, source: str) -> str:
    """The file in the run's input, or the address as it is. A model never writes files of its own."""
    given = ctx.scope.get("input")
    held = given.get(source) if isinstance(given, dict) else None
    if isinstance(held, str) and held.startswith(_DATA):
        return held
    if source.startswith(_DATA):
        raise Refused("Give a web address or the name of a field of the input, not a file itself.")
    return source
