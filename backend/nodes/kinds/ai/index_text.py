"""Put a text into a collection: it is cut into passages, embedded by the inference worker, and indexed.

A text of the same source replaces the one before, and a collection that is not there is made. From then on *Retrieve* finds it by
meaning, by words and over what it names. Whoever may start the workflow writes into the collection by it.
"""

from pydantic import Field

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.kind import CollectionName, NodeConfig, NodeContext, Step, Template, node


class Config(NodeConfig):
    collection: CollectionName = Field(
        title="Collection", min_length=1, description="Where it goes; made where it is not there."
    )
    source: Template = Field(
        title="Source",
        min_length=1,
        description="Where it comes from, such as {{ item.source }}; what came from there before is replaced.",
    )
    text: Template = Field(
        title="Text", min_length=1, description="Plain text or Markdown, such as {{ nodes.read.text }}."
    )
    title: Template = Field(
        default="", title="Title", description="Empty: its first heading, or else its source."
    )


GIVES = Gives(fields={"collection": "text", "source": "text", "title": "text", "passages": "number"})


@node(
    title="Index text",
    group="AI",
    icon="list-plus",
    summary="collection",
    effects=("write",),
    cacheable=False,
    synonyms=("ingest", "chunk", "embed", "rag", "knowledge", "add", "collection"),
    takes="text",
)
async def index_text(config: Config, ctx: NodeContext) -> Step:
    """What was stored, in how many passages."""
    source = (await ctx.text(config.source)).strip()
    if not source:
        raise Invalid("There is no source.", fix="Check what the field Source refers to.")
    text = await ctx.text(config.text)
    if not text.strip():
        raise Invalid(f"There is no text of {source}.", fix="Check what the field Text refers to.")
    stored = await ctx.index(config.collection, source, (await ctx.text(config.title)).strip(), text)
    return Step(stored.model_dump(mode="json"))
