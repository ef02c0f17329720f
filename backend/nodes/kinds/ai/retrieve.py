"""Find the passages of a collection that are closest in meaning to a question.

Works offline with the embedded model. It finds and quotes passages; it does not answer questions. Similarity is not
truth: a passage that says the opposite may be just as close.
"""

from pydantic import Field

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.kind import CollectionName, NodeConfig, NodeContext, Step, Template, node


class Config(NodeConfig):
    collection: CollectionName = Field(title="Collection", min_length=1, description="Where to look.")
    query: Template = Field(
        title="Question", min_length=1, description="What to look for, for example {{ input.text }}."
    )
    limit: int = Field(default=4, title="Passages", ge=1, le=50, description="How many to find at most.")
    min_score: float = Field(
        default=0.2,
        title="Least similarity",
        ge=-1,
        le=1,
        description="Passages below this are left out.",
        json_schema_extra={"advanced": True},
    )


GIVES = Gives(fields={"passages": "list", "text": "text", "best_score": "number"})


@node(
    title="Retrieve",
    group="AI",
    icon="search",
    summary="collection",
    effects=("read",),
    synonyms=("rag", "search", "knowledge", "vector", "find"),
    takes="text",
)
async def retrieve(config: Config, ctx: NodeContext) -> Step:
    """The passages, best first, also as one text."""
    query = (await ctx.text(config.query)).strip()
    if not query:
        raise Invalid("There is nothing to look for.", fix="Check what the field Question refers to.")
    found = await ctx.search(config.collection, query, config.limit)
    passages = [passage for passage in found if passage.score >= config.min_score]
    return Step(
        {
            "passages": [passage.model_dump(mode="json") for passage in passages],
            "text": "\n\n".join(passage.text for passage in passages),
            "best_score": round(passages[0].score, 4) if passages else None,
        }
    )
