"""Three ways to the passages of a collection: by meaning, by words, and over the things that passages name."""

from collections.abc import Mapping

import numpy as np

from backend.core.db import Session
from backend.inference import client
from backend.knowledge import ranking, repository, terms
from backend.knowledge.embedded import cosines
from backend.knowledge.models import Collection
from backend.nodes.kind import Passage as Found

MOST_TERMS = 40
"""So many words and things of a question are looked up, the rarest first."""

MOST_LIT = 12
"""From so many passages that name what was asked for, the graph is walked on."""


async def by_meaning(
    session: Session, collection: Collection, query: client.Vector, limit: int
) -> list[Found]:
    """The passages closest to an embedded question, best first."""
    stored = await repository.vectors(session, collection, client.MODEL)
    if not stored:
        return []
    scores = cosines(query, [embedding for _, embedding in stored])
    best: list[int] = np.argsort(-scores, kind="stable")[:limit].tolist()
    return await _found(
        session, collection, {stored[place][0]: float(scores[place]) for place in best}, limit
    )


async def by_words(session: Session, collection: Collection, query: str, limit: int) -> list[Found]:
    """The passages that say the rarest words of the question most, in little text."""
    asked = await repository.spread(session, collection, set(terms.words(query)))
    rarest = dict(sorted(asked.items(), key=lambda one: (one[1], one[0]))[:MOST_TERMS])
    said = await repository.saying(session, collection, rarest)
    scores = ranking.by_words(said, rarest, await repository.measure(session, collection))
    return await _found(session, collection, scores, limit)


async def by_neighbours(session: Session, collection: Collection, query: str, limit: int) -> list[Found]:
    """The passages that name what the question names, and those that name what these name; the best has score 1."""
    size = (await repository.measure(session, collection)).passages
    asked = await repository.naming(session, collection, terms.named(query)[: MOST_TERMS * terms.MOST_WORDS])
    first = ranking.lit(dict.fromkeys(asked, 1.0), asked, size)
    nearest = {one: first[one] for one in _best(first, MOST_LIT)}
    light = ranking.passed_on(nearest, await repository.named_by(session, collection, nearest))
    second = ranking.lit(light, await repository.naming(session, collection, light), size)
    both = {one: first.get(one, 0.0) + second.get(one, 0.0) for one in first.keys() | second.keys()}
    return await _found(session, collection, ranking.relative(both), limit)


def _best(scores: Mapping[str, float], limit: int) -> list[str]:
    return sorted(scores, key=lambda one: (-scores[one], one))[:limit]


async def _found(
    session: Session, collection: Collection, scores: Mapping[str, float], limit: int
) -> list[Found]:
    best = _best(scores, limit)
    rows = await repository.passages(session, collection, best)
    return [
        Found(text=row.text, title=row.title, source=row.source, score=round(scores[one], 6))
        for one in best
        if (row := rows.get(one)) is not None
    ]
