"""Several results become one: by priority, by votes, by weight, or by their ranks. Pure."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from backend.core import json

RANK_CONSTANT = 60
"""Of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009 (doi:10.1145/1571941.1572114)."""


class CannotFuse(Exception):
    """The results are not of the sort that this way of fusing takes."""


Results = Mapping[str, JsonValue]  # by source, the most trusted one first
Weights = Mapping[str, float]


def merged(results: Results) -> dict[str, JsonValue]:
    """Objects become one: of each field the first source counts that knows it; `from` says which one that was."""
    value: dict[str, JsonValue] = {}
    came: dict[str, JsonValue] = {}
    for source, result in results.items():
        fields = result if isinstance(result, dict) else {source: result}
        for name, one in fields.items():
            if name not in value and one not in (None, "", [], {}):
                value[name], came[name] = one, source
    return {"value": value, "from": came}


def voted(results: Results, weights: Weights) -> dict[str, JsonValue]:
    """The most frequent result by weight; texts are the same whatever their case and spaces. A tie goes to the first source."""
    votes: dict[str, float] = defaultdict(float)
    first: dict[str, JsonValue] = {}
    for source, result in results.items():
        key = _same(result)
        first.setdefault(key, result)
        votes[key] += weights.get(source, 1.0)
    best = max(votes, key=lambda key: votes[key])  # of equals the first
    counted: list[JsonValue] = [{"value": first[key], "votes": round(n, 6)} for key, n in votes.items()]
    share = round(votes[best] / (sum(votes.values()) or 1.0), 4)
    return {"value": first[best], "share": share, "votes": counted}


def weighed(results: Results, weights: Weights) -> dict[str, JsonValue]:
    """The weighted mean of numbers; raises CannotFuse for what is none."""
    numbers: dict[str, float] = {}
    for source, result in results.items():
        if isinstance(result, bool) or not isinstance(result, int | float):
            raise CannotFuse(f"“{source}” gave {type(result).__name__}, not a number")
        numbers[source] = float(result)
    whole = sum(weights.get(source, 1.0) for source in numbers)
    if not whole:
        raise CannotFuse("all weights are 0")
    mean = sum(number * weights.get(source, 1.0) for source, number in numbers.items()) / whole
    return {"value": round(mean, 6), "parts": dict(numbers)}


def ranked(results: Results, weights: Weights, key: str) -> dict[str, JsonValue]:
    """One list from several, best first: an item's score is the sum of weight / (60 + its place) over the lists."""
    scores: dict[str, float] = defaultdict(float)
    first: dict[str, JsonValue] = {}
    came: dict[str, list[JsonValue]] = defaultdict(list)
    for source, result in results.items():
        if not isinstance(result, list):
            raise CannotFuse(f"“{source}” gave {type(result).__name__}, not a list")
        for place, (name, item) in enumerate(_once(result, key), start=1):
            first.setdefault(name, item)
            scores[name] += weights.get(source, 1.0) / (RANK_CONSTANT + place)
            came[name].append(source)
    order = sorted(scores, key=lambda name: -scores[name])
    listed: list[JsonValue] = [{"score": round(scores[name], 6), "from": came[name]} for name in order]
    return {"value": [first[name] for name in order], "ranks": listed}


def _once(items: Sequence[JsonValue], key: str) -> list[tuple[str, JsonValue]]:
    """Each item once, at its best place, with what makes it the same as in other lists."""
    found: dict[str, JsonValue] = {}
    for item in items:
        named = item.get(key) if key and isinstance(item, dict) else item
        found.setdefault(_same(cast(JsonValue, named)), item)
    return list(found.items())


def text(result: JsonValue) -> str:
    """A result in words; raises CannotFuse for an empty one."""
    found = result if isinstance(result, str) else json.dumps(result)
    if not found.strip():
        raise CannotFuse("there is an empty one")
    return found


def most_alike(
    results: Results, weights: Weights, vectors: Sequence[Sequence[float]]
) -> dict[str, JsonValue]:
    """The one whose embedding is nearest to all the others by weight: what most say, each in its own words."""
    known = dict(zip(results, vectors, strict=True))
    scores = {source: _nearness(source, known, weights) for source in known}
    best = max(scores, key=lambda source: scores[source])  # of equals the first
    return {"value": results[best], "from": best, "score": scores[best], "likeness": dict(scores)}


def _nearness(source: str, known: Mapping[str, Sequence[float]], weights: Weights) -> float:
    """The weighted mean of its cosines with the others; 1 where it is alone."""
    others = {name: weights.get(name, 1.0) for name in known if name != source}
    if not (whole := math.fsum(others.values())):
        return 1.0
    near = (_cosine(known[source], known[name]) * weight for name, weight in others.items())
    return round(math.fsum(near) / whole, 4)


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of vectors of unit length."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _same(value: JsonValue) -> str:
    """What equal values have in common."""
    return " ".join(value.casefold().split()) if isinstance(value, str) else json.dumps(value)
