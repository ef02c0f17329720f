"""Means much the same as what is expected, by the embedded model."""

import math

from backend.core.errors import Invalid
from backend.evaluation.metric import Comparing, Score, Seen, metric, shown, text_of


class Config(Comparing):
    pass


@metric(title="Similar in meaning", passes=0.6)
async def similarity(check: Config, seen: Seen) -> Score:
    """The cosine of the two embeddings."""
    texts = [text_of(seen.value), text_of(seen.wanted)]
    if not all(text.strip() for text in texts):
        raise Invalid("There is nothing to compare.")
    found, wanted = await seen.world.embed(texts)
    value = math.fsum(a * b for a, b in zip(found, wanted, strict=True))
    score = round(min(1.0, max(0.0, value)), 4)
    return Score(score, f"{score:.2f} like “{shown(seen.wanted)}”.")
