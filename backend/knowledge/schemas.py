"""The shapes of collections on the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from backend.nodes.answers import FoundBy

MAX_DOCUMENT = 1_000_000
MAX_PASSAGES = 20_000


class CollectionCreate(BaseModel):
    """A new collection."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: str = Field(min_length=1, max_length=80, description="What people call it.")


class CollectionPublic(BaseModel):
    """A collection with its size."""

    id: str
    slug: str
    name: str
    builtin: bool
    documents: int
    passages: int
    created_at: datetime | None = Field(description="None for a shipped collection that was not used yet.")


class CollectionPage(BaseModel):
    """All collections of a team; there is never a next page."""

    items: list[CollectionPublic]
    next_cursor: str | None = None


class DocumentCreate(BaseModel):
    """A text or Markdown document; one of the same source is replaced."""

    model_config = ConfigDict(extra="forbid")
    source: str = Field(min_length=1, max_length=200, description="Where it comes from, e.g. a file name.")
    title: str = Field(default="", max_length=200, description="Empty means its first heading.")
    text: str = Field(min_length=1, description=f"Plain text or Markdown, up to {MAX_DOCUMENT} characters.")


class DocumentPublic(BaseModel):
    """A document of a collection."""

    source: str
    title: str
    passages: int


class DocumentPage(BaseModel):
    """All documents of a collection."""

    items: list[DocumentPublic]
    next_cursor: str | None = None


class SearchRequest(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")
    query: str = Field(min_length=1, max_length=2_000)
    limit: int = Field(default=4, ge=1, le=50)
    by: FoundBy = Field(
        default="meaning",
        description="`meaning`: embeddings; `words`: BM25; `neighbours`: the graph of what passages name.",
    )
