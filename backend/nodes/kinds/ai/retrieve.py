"""Find the passages of a collection that answer a question: by meaning, by words, or over what they name.

By meaning it asks the embedded model; by words and by neighbours it needs none. Words find what is called by its name:
codes, products, people. Neighbours walk the graph of things that passages name in headings, bold words, links and names: from
what the question names to the passages that name it, and on to those that name the same things. Three of these side by side
and a *Fuse* by rank find more than each alone. It quotes passages; it does not answer. Similarity is not truth: a passage that
says the opposite may be just as close.
"""

from pydantic import Field

from backend.core.errors import Invalid
from backend.nodes.gives import Gives
from backend.nodes.kind import CollectionName, FoundBy, NodeConfig, NodeContext, Step, Template, node

_LEAST = 0.2
"""Of cosines: what is further away has nothing to do with the question."""


class Config(NodeConfig):
    collection: CollectionName = Field(title="Collection", min_length=1, description="Where to look.")
    query: Template = Field(
        title="Question", min_length=1, description="What to look for, for example {{ input.text }}."
    )
    found_by: FoundBy = Field(
        default="meaning",
        title="Find by",
        description="Meaning (embeddings), words (BM25), or neighbours in the graph of what passages name.",
    )
    limit: int = Field(default=4, title="Passages", ge=1, le=50, description="How many to find at most.")
    min_score: float | None = Field(
        default=None,
        title="Least score",
        ge=-1,
        le=1,
        description="Passages below this are left out. Empty: 0.2 by meaning, else nothing is.",
        json_schema_extra={"advanced": True},
    )

    @property
    def least(self) -> float:
        """The score that is enough."""
        given = _LEAST if self.found_by == "meaning" else 0.0
        return given if self.min_score is None else self.min_score


GIVES = Gives(fields={"passages": "list", "text": "text", "best_score": "number"})


@node(
    title="Retrieve",
    group="AI",
    icon="search",
    summary="collection",
    effects=("read",),
    synonyms=("rag", "search", "knowledge", "vector", "keyword", "bm25", "graph", "find"),
    takes="text",
)
async def retrieve(config: Config, ctx: NodeContext) -> Step:
    """The passages, best first, also as one text."""
    query = (await ctx.text(config.query)).strip()
    if not query:
        raise Invalid("There is nothing to look for.", fix="Check what the field Question refers to.")
    found = await ctx.search(config.collection, query, config.limit, config.found_by)
    passages = [passage for passage in found if passage.score >= config.least]
    return Step(
        {
            "passages": [passage.model_dump(mode="json") for passage in passages],
            "text": "\n\n".join(passage.text for passage in passages),
            "best_score": round(passages[0].score, 4) if passages else None,
        }
    )
