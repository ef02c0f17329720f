"""Of what the descriptions of events are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Shape = dict[str, Any]
TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer", "minimum": 0}
ANY: Shape = {}


@dataclass(frozen=True)
class Told:
    """What one kind says."""

    words: str
    data: Mapping[str, Shape]
    example: Mapping[str, Any]
    required: tuple[str, ...] = ()
    of_a_step: bool = False


def said(shape: Shape, words: str) -> Shape:
    """The shape with words that explain it."""
    return {**shape, "description": words}
