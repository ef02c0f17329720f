"""Has every field that is expected, at any depth, whatever else it has; the score is the share that is right."""

from collections.abc import Iterator

from pydantic import Field, JsonValue

from backend.evaluation.metric import Comparing, Score, Seen, metric, shown

_MOST_TOLD = 5


class Config(Comparing):
    tolerance: float = Field(
        default=1e-9, title="Numbers may differ by", ge=0, description="For example 0.01."
    )


@metric(title="Fields as expected")
async def fields(check: Config, seen: Seen) -> Score:
    """Every leaf of what is expected counts once."""
    found = list(_compared(seen.wanted, seen.value, "", check.tolerance))
    wrong = [told for told in found if told]
    told = " ".join(wrong[:_MOST_TOLD])
    return Score(1 - len(wrong) / len(found), told)


def _compared(wanted: JsonValue, got: JsonValue, place: str, tolerance: float) -> Iterator[str]:
    """What is wrong, or nothing, for each leaf."""
    if isinstance(wanted, dict) and wanted:
        inner = got if isinstance(got, dict) else {}
        for name, one in wanted.items():
            yield from _compared(one, inner.get(name), f"{place}.{name}".lstrip("."), tolerance)
    elif isinstance(wanted, list) and wanted:
        items = got if isinstance(got, list) else []
        if len(items) != len(wanted):
            yield f"{place or 'It'} has {len(items)} entries, not {len(wanted)}."
        for n, one in enumerate(wanted):
            yield from _compared(one, items[n] if n < len(items) else None, f"{place}[{n}]", tolerance)
    else:
        yield (
            "" if _same(wanted, got, tolerance) else f"{place or 'It'} is {shown(got)}, not {shown(wanted)}."
        )


def _same(wanted: JsonValue, got: JsonValue, tolerance: float) -> bool:
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return abs(wanted - got) <= tolerance
    return wanted == got
