"""What the world answers to a step: signals and events, passages, documents, and what servers say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, JsonValue

FoundBy = Literal["meaning", "words", "neighbours"]
"""How passages are looked for: by embeddings, by the words they say, or over the things that they name."""


class Received(BaseModel):
    """A signal or an event as the step that waited for it gets it; `by` is the run or the person it came from."""

    name: str
    key: str = ""
    data: JsonValue = None
    at: datetime
    by: str = ""


class Passage(BaseModel):
    """A retrieved piece of text; `score` is a cosine similarity in -1..1, else a share in 0..1."""

    text: str
    title: str = ""
    source: str = ""
    score: float


class Indexed(BaseModel):
    """A text that was stored in a collection, in so many passages."""

    collection: str
    source: str
    title: str
    passages: int


class Document(BaseModel):
    """What is in a file: its text, and its tables as rows of cells. `truncated` where there is more of it."""

    format: str
    title: str = ""
    pages: int = 0
    text: str = ""
    tables: list[dict[str, JsonValue]] = []
    truncated: bool = False


@dataclass(frozen=True)
class Rest:
    """How a server is spared: after so many failures in a row it is left alone for so many seconds."""

    failures: int
    seconds: float


class HttpReply(BaseModel):
    """An HTTP answer; `body` is JSON where the server said so, else text."""

    status: int
    headers: dict[str, str] = {}
    body: JsonValue = None


class ServerTool(BaseModel):
    """A tool of one of the team's servers, by the definition that a person accepted; `digest` is that definition's."""

    name: str
    title: str
    description: str = ""
    arguments: dict[str, JsonValue] = {}
    effects: list[str] = ["external"]
    digest: str
