"""Tables of knowledge: collections of text that nodes retrieve from."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import UtcDateTime


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
    """A piece of a document with its unit-length embedding (float32, little endian)."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    collection_id: str = Field(foreign_key="collection.id", index=True)
    source: str
    title: str = ""
    position: int
    text: str
    model: str
    embedding: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
