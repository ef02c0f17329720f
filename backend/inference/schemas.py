"""The shapes of models on the wire."""

from typing import Literal

from pydantic import BaseModel, Field

from backend.inference.breakers import Breaker

ModelKind = Literal["embedding", "chat"]


class ModelPublic(BaseModel):
    """A model that workflows here may use, and whether it would answer now."""

    name: str = Field(
        description="What a node's settings call it; `MODEL` stands for a name the provider knows."
    )
    title: str
    kind: ModelKind
    offline: bool = Field(description="Nothing leaves this installation.")
    available: bool
    note: str = Field(description="What it is good for, or what it lacks.")
    breaker: Breaker | None = Field(
        default=None, description="How its provider did lately for this team; nothing for models without one."
    )


class ModelPage(BaseModel):
    """All models; there is never a next page."""

    items: list[ModelPublic]
    next_cursor: str | None = None
