"""Describe a list of numbers exactly: count, sum, mean, median, quartiles, least, greatest, deviation; with a second list also correlation."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import Field, JsonValue

from backend.nodes.decimals import exactly, shown
from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, Number, Refused, tool

Numbers = Sequence[Decimal]


class Wanted(Arguments):
    numbers: tuple[Number, ...] = Field(min_length=1, max_length=10_000, description="The numbers.")
    other: tuple[Number, ...] = Field(
        default=(), max_length=10_000, description="As many more, to be compared with them one by one."
    )


@tool(title="Statistics")
async def statistics(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """Each measure as text, so that no digit is lost."""
    with exactly():
        found = _described(arguments.numbers)
        if arguments.other:
            found |= _compared(arguments.numbers, arguments.other)
    return {name: shown(value) for name, value in found.items()}


def _described(numbers: Numbers) -> dict[str, Decimal]:
    count, total, ordered = Decimal(len(numbers)), sum(numbers, Decimal(0)), sorted(numbers)
    mean = total / count
    found = {"count": count, "sum": total, "mean": mean, "least": ordered[0], "greatest": ordered[-1]}
    found |= {
        name: _quantile(ordered, share)
        for name, share in (("quartile_1", "0.25"), ("median", "0.5"), ("quartile_3", "0.75"))
    }
    if len(numbers) > 1:
        variance = _spread(numbers, numbers) / (count - 1)
        found |= {"sample_variance": variance, "sample_deviation": variance.sqrt()}
    return found


def _quantile(ordered: Numbers, share: str) -> Decimal:
    """Between the two nearest numbers, as spreadsheets have it (PERCENTILE.INC)."""
    place = Decimal(share) * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _compared(first: Numbers, other: Numbers) -> dict[str, Decimal]:
    if len(first) != len(other) or len(first) < 2:
        raise Refused("Both lists must hold equally many numbers, at least two.")
    together, alone, apart = _spread(first, other), _spread(first, first), _spread(other, other)
    if not alone or not apart:
        raise Refused("All numbers of a list are equal: there is nothing to compare.")
    slope = together / alone
    mean, height = sum(first, Decimal(0)) / len(first), sum(other, Decimal(0)) / len(other)
    return {
        "correlation": together / (alone * apart).sqrt(),
        "slope": slope,
        "intercept": height - slope * mean,
    }


def _spread(first: Numbers, other: Numbers) -> Decimal:
    """The sum of the products of the distances from the means."""
    mean, height = sum(first, Decimal(0)) / len(first), sum(other, Decimal(0)) / len(other)
    return sum(((a - mean) * (b - height) for a, b in zip(first, other, strict=True)), Decimal(0))
