"""The expressions of checks: the product's own language over what is known of a run that was played."""

from collections.abc import Mapping
from functools import lru_cache

from pydantic import JsonValue

from backend.nodes import expressions
from backend.nodes.expression_words import EVERYWHERE, IN_EVALUATIONS

NAMES = (*EVERYWHERE, *IN_EVALUATIONS)


def require(text: str) -> None:
    """Raise ValueError with everything that is wrong with the expression."""
    if wrong := expressions.problems_of(text, NAMES):
        raise ValueError(" ".join(f"{p.message} {p.fix}".strip() for p in wrong))


async def value(text: str, scope: Mapping[str, JsonValue]) -> JsonValue:
    """Its value; raises ExpressionError."""
    if text in scope:
        return scope[text]
    return (await expressions.values([_ready(text)], scope))[0]


@lru_cache(1000)
def _ready(text: str) -> expressions.Ready:
    return expressions.ready(text, expressions.parsed(text, NAMES))
