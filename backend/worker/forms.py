"""How the answers of the world are recorded as JSON, and read back as what kinds expect."""

from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from pydantic import BaseModel, JsonValue

from backend.nodes.kind import ChatReply, Document, HttpReply, Indexed, Passage, ServerTool

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Form = tuple[Callable[[T], JsonValue], Callable[[JsonValue], T]]


def _model(model: type[M]) -> Form[M]:
    return (lambda found: found.model_dump(mode="json"), model.model_validate)


def _same(value: Any) -> Any:
    return value


def _packed(vectors: list[list[float]]) -> JsonValue:
    """Embeddings are 32 bits a number; as text each number would take twenty characters."""
    return [b64encode(array("f", vector).tobytes()).decode() for vector in vectors]


def _unpacked(packed: JsonValue) -> list[list[float]]:
    return [list(array("f", b64decode(text))) for text in cast(list[str], packed)]


def _passages(found: JsonValue) -> list[Passage]:
    return [Passage.model_validate(one) for one in cast(list[Any], found)]


def _tools(found: JsonValue) -> list[ServerTool]:
    return [ServerTool.model_validate(one) for one in cast(list[Any], found)]


JSON: Form[JsonValue] = (_same, _same)
TEXT: Form[str] = (_same, str)
MOMENT: Form[datetime] = (datetime.isoformat, lambda text: datetime.fromisoformat(str(text)))
REPLY = _model(HttpReply)
DOCUMENT = _model(Document)
INDEXED = _model(Indexed)
ANSWER = _model(ChatReply)
VECTORS: Form[list[list[float]]] = (_packed, _unpacked)
PASSAGES: Form[list[Passage]] = (lambda found: [one.model_dump(mode="json") for one in found], _passages)
TOOLS: Form[list[ServerTool]] = (lambda found: [one.model_dump(mode="json") for one in found], _tools)
