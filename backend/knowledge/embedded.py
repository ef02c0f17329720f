"""Documents ready to be stored: split and embedded before any transaction begins, since models take their time."""

from dataclasses import dataclass

import numpy as np

from backend.core import json
from backend.core.errors import Invalid, Problem, TooLarge
from backend.inference import client
from backend.knowledge import terms
from backend.knowledge.schemas import MAX_DOCUMENT, DocumentCreate
from backend.knowledge.split import Piece, pieces
from backend.knowledge.terms import Terms


@dataclass(frozen=True)
class Ready:
    """A passage to be stored."""

    piece: Piece
    embedding: bytes
    terms: Terms


@dataclass(frozen=True)
class EmbeddedDocument:
    """A document's passages, each with the bytes of its embedding and what it is found by without one."""

    source: str
    passages: list[Ready]


async def embed(document: DocumentCreate) -> EmbeddedDocument:
    """Split and embed; a passage is embedded together with its headings."""
    if len(document.text) > MAX_DOCUMENT:
        raise TooLarge(
            f"{document.source} has {len(document.text):,} characters; {MAX_DOCUMENT:,} are allowed.",
            fix="Split it into several documents.",
        )
    json.require(document.model_dump(), "body")
    found = pieces(document.text, document.title or document.source)
    if not found:
        problem = Problem("There is no text in it.", place="text", fix="Send the text of the document.")
        raise Invalid(f"{document.source} is empty.", problems=[problem])
    rows = await client.embed_array([f"{one.title}\n{one.text}" for one in found], priority="low")
    ready = [Ready(one, _bytes(row), terms.of(one)) for one, row in zip(found, rows, strict=True)]
    return EmbeddedDocument(document.source, ready)


def cosines(query: client.Vector, stored: list[bytes]) -> client.Vector:
    """The similarity of every stored unit-length embedding to the query's."""
    matrix = np.frombuffer(b"".join(stored), "<f4").reshape(len(stored), client.DIMENSIONS)
    return matrix @ query


def _bytes(row: client.Vector) -> bytes:
    return row.astype("<f4").tobytes()
