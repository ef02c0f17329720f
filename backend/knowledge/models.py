"""Tables of knowledge: collections of text that nodes retrieve from."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import UtcDateTime

TermSort = Literal["word", "thing"]


class Collection(SQLModel, table=True):
    """A named set of documents; `builtin` ones ship with the product and are copied on first use."""

    __table_args__ = (UniqueConstraint("team_id", "slug"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    slug: str
    name: str
    builtin: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class Passage(SQLModel, table=True):
    """A piece of a document with its unit-length embedding (float32, little endian); `words` counts its telling ones."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    collection_id: str = Field(foreign_key="collection.id", index=True)
    source: str
    title: str = ""
    position: int
    text: str
    words: int = 0
    model: str
    embedding: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Term(SQLModel, table=True):
    """A word that a passage says, so many times, or a thing that it names."""

    __table_args__ = (Index("ix_term_looked_up", "collection_id", "sort", "term"),)
    passage_id: str = Field(primary_key=True, foreign_key="passage.id", ondelete="CASCADE")
    sort: str = Field(primary_key=True)  # a TermSort
    term: str = Field(primary_key=True)
    times: int = 1
    team_id: str = Field(foreign_key="team.id", index=True)
    collection_id: str = Field(foreign_key="collection.id")
