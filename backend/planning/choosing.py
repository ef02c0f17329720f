"""The domain of a goal: by the words they share, and by meaning where an inference worker answers."""

import asyncio
from dataclasses import dataclass

from backend.core.errors import Outage, QuadrilleError
from backend.core.words import telling
from backend.inference import client
from backend.planning import domain
from backend.planning.domain import Domain
from backend.planning.plan import DomainChoice

ENOUGH = 0.3
_SECONDS = 5.0
_EACH = 0.35
"""How much of what is still missing to certainty one shared trigger brings."""
_vectors: dict[str, list[list[float]]] = {}


@dataclass(frozen=True)
class Choice:
    """The domains, the nearest first; whether the first is near enough, and how they were compared."""

    ranked: tuple[DomainChoice, ...]
    by_meaning: bool

    @property
    def best(self) -> str | None:
        """The nearest domain, or none where none is near enough."""
        return self.ranked[0].name if self.ranked and self.ranked[0].score >= ENOUGH else None


async def choose(text: str) -> Choice:
    """How near every domain is to the goal."""
    words = {one.name: _by_words(text, one) for one in domain.all_()}
    meaning: dict[str, float] = {}
    try:
        async with asyncio.timeout(_SECONDS):
            await client.require_a_worker()
            meaning = await _by_meaning(text)
    except (Outage, TimeoutError, QuadrilleError):
        pass
    found = [
        DomainChoice(name=one.name, title=one.title, score=_score(words[one.name], meaning.get(one.name)))
        for one in domain.all_()
    ]
    return Choice(tuple(sorted(found, key=lambda one: (-one.score, one.name))), bool(meaning))


def _score(words: float, meaning: float | None) -> float:
    """Meaning counts from where unrelated sentences end."""
    return round(words if meaning is None else 0.5 * words + 0.5 * max(0.0, meaning), 3)


def _by_words(text: str, one: Domain) -> float:
    said = set(telling(text))
    shared = sum(_weight(trigger) for trigger in one.triggers if set(telling(trigger)) <= said)
    return 1 - (1 - _EACH) ** shared


def _weight(trigger: str) -> int:
    """Two words together tell more than one."""
    return 2 if len(telling(trigger)) > 1 else 1


async def _by_meaning(text: str) -> dict[str, float]:
    """The likeness to the nearest example or sentence of each domain; those are asked once a process."""
    new = [one for one in domain.all_() if one.name not in _vectors]
    listed = [(one.name, said) for one in new for said in (one.sentence, *one.examples)]
    asked, *known = await client.embed([text, *(said for _, said in listed)], priority="high")
    for (name, _), vector in zip(listed, known, strict=True):
        _vectors.setdefault(name, []).append(vector)
    return {
        name: max(sum(x * y for x, y in zip(asked, one, strict=True)) for one in each)
        for name, each in _vectors.items()
    }
