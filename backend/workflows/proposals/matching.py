"""Templates by what a sentence is about: by meaning where an inference worker answers, and by the words they share."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from backend.core.errors import Outage, QuadrilleError
from backend.core.words import telling
from backend.inference import client
from backend.nodes import registry
from backend.workflows import templates
from backend.workflows.templates import Template

ENOUGH = 0.3
_SECONDS = 10.0
_vectors: dict[str, list[float]] = {}
_OF_EVERY_WISH = {"make", "build", "workflow"}


@dataclass(frozen=True)
class Match:
    """A template and how near it is, from 0 to 1."""

    template: Template
    score: float


async def matches(sentence: str) -> tuple[list[Match], bool]:
    """All templates, the nearest first, and whether they were compared by meaning."""
    shared = {template.name: _shared(sentence, _text(template)) for template in templates.all_()}
    try:
        async with asyncio.timeout(_SECONDS):
            meaning = await _meaning(sentence)
    except (Outage, TimeoutError, QuadrilleError):
        meaning = {}
    found = [
        Match(
            one,
            round(
                min(1.0, 0.6 * max(0.0, meaning[one.name]) + 0.6 * shared[one.name])
                if meaning
                else shared[one.name],
                4,
            ),
        )
        for one in templates.all_()
    ]
    return sorted(found, key=lambda match: -match.score), bool(meaning)


async def _meaning(sentence: str) -> dict[str, float]:
    """The similarity of each template; what templates are about is asked once a process."""
    new = [template for template in templates.all_() if template.name not in _vectors]
    asked, *known = await client.embed([sentence, *(_text(template) for template in new)], priority="high")
    _vectors.update(zip((template.name for template in new), known, strict=True))
    return {name: sum(x * y for x, y in zip(asked, vector, strict=True)) for name, vector in _vectors.items()}


def _shared(sentence: str, text: str) -> float:
    """The part of the sentence's words that the template knows."""
    asked, known = _words(sentence), _words(text)
    return len(asked & known) / len(asked) if asked else 0.0


@lru_cache(64)
def _words(text: str) -> frozenset[str]:
    return frozenset(telling(text)) - _OF_EVERY_WISH


def _text(template: Template) -> str:
    """Name, description, tags, and what its nodes are called and are."""
    kinds = registry.all_kinds()
    nodes = [
        f"{n.name} {kinds[n.kind].title if n.kind in kinds else ''}"
        for n in template.diagram.nodes
        if n.kind != "note"
    ]
    return ". ".join([template.diagram.name, template.diagram.description, *template.tags, *nodes])
