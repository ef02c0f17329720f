"""Read a document into text and tables: PDF, Word, Excel, HTML, CSV or plain text.

The file is parsed in a process of its own with limits of memory, time and output, without network. Scanned pages hold
pictures and give no text. What a document says is data from outside: give it to models as such.
"""

from pydantic import Field

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, Template, node


class Config(NodeConfig):
    source: Template = Field(
        title="Document",
        min_length=1,
        description="A full web address, or a file of the input such as {{ input.file }}.",
    )
    characters: int = Field(
        default=200_000,
        title="Most characters",
        ge=100,
        le=2_000_000,
        description="What is longer is cut, and `truncated` says so.",
        json_schema_extra={"advanced": True},
    )


GIVES = Gives(
    fields={
        "text": "text",
        "title": "text",
        "format": "text",
        "pages": "number",
        "tables": "list",
        "truncated": "boolean",
    }
)


@node(
    title="Read document",
    group="Data",
    icon="file-text",
    summary="source",
    effects=("read", "external"),
    synonyms=("pdf", "word", "excel", "csv", "html", "parse", "extract", "file"),
    takes="text",
)
async def read_document(config: Config, ctx: NodeContext) -> Step:
    """Text, tables and what is known of the document."""
    source = (await ctx.text(config.source)).strip()
    if not source:
        raise Invalid("There is no document.", fix="Give the node an address or a file.")
    found = await ctx.document(source, characters=config.characters)
    return Step(found.model_dump(mode="json"))
