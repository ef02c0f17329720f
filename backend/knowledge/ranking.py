"""Passages in order by the words they say, and by the things they name. Pure.

Words are weighed by BM25 (Robertson and Zaragoza 2009, doi:10.1561/1500000019). Things and passages are a graph: what a
question names lights up the passages that name it, these light up what else they name, and that its passages.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_K1, _B = 1.2, 0.75
_FADES = 0.5  # of the light that a passage got, its other things pass on


@dataclass(frozen=True)
class Said:
    """A passage says a word so many times, among so many words in all."""

    word: str
    passage: str
    times: int
    length: int


@dataclass(frozen=True)
class Size:
    """How many passages a collection has, and how many words one has on average."""

    passages: int
    length: float


def by_words(said: Iterable[Said], asked: Mapping[str, int], size: Size) -> dict[str, float]:
    """BM25 as a share of what is possible, 0 to 1, by passage; `asked` says in how many passages each word stands."""
    scores: dict[str, float] = defaultdict(float)
    for one in said:
        long = _K1 * (1 - _B + _B * one.length / (size.length or 1.0))
        rare = rarity(asked[one.word], size.passages)
        scores[one.passage] += rare * one.times * (_K1 + 1) / (one.times + long)
    most = sum(rarity(spread, size.passages) for spread in asked.values()) * (_K1 + 1) or 1.0
    return {passage: score / most for passage, score in scores.items()}


def rarity(spread: int, passages: int) -> float:
    """How much it tells that something stands in `spread` of so many passages; always more than 0."""
    return math.log(1 + (passages - spread + 0.5) / (spread + 0.5))


def lit(light: Mapping[str, float], names: Mapping[str, frozenset[str]], passages: int) -> dict[str, float]:
    """The light of each passage; `light` is that of things, and `names` says which passages name each thing.

    A thing that many passages name divides its light among them.
    """
    found: dict[str, float] = defaultdict(float)
    for thing, strength in light.items():
        holders = names.get(thing, frozenset())
        for passage in holders:
            found[passage] += strength * rarity(len(holders), passages) / math.sqrt(len(holders))
    return dict(found)


def passed_on(passages: Mapping[str, float], names: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """The light that lit passages give to what else they name."""
    found: dict[str, float] = defaultdict(float)
    for passage, strength in passages.items():
        things = names.get(passage, frozenset())
        for thing in things:
            found[thing] += _FADES * strength / len(things)
    return dict(found)


def relative(scores: Mapping[str, float]) -> dict[str, float]:
    """As shares of the best one."""
    best = max(scores.values(), default=0.0) or 1.0
    return {one: score / best for one, score in scores.items()}
