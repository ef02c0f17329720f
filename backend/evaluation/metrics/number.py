"""A number as expected, or nearly: by so much, or by such a share."""

from pydantic import Field

from backend.evaluation.metric import Comparing, Score, Seen, metric, shown


class Config(Comparing):
    tolerance: float = Field(default=0, title="May differ by", ge=0)
    share: float = Field(default=0, title="Or by this share", ge=0, le=1, description="0.05 is 5 %.")


@metric(title="Number")
async def number(check: Config, seen: Seen) -> Score:
    """A text that is a number counts as one."""
    found, wanted = _number(seen.value), _number(seen.wanted)
    if found is None or wanted is None:
        return Score(0, f"{shown(seen.value if found is None else seen.wanted)} is no number.")
    if abs(found - wanted) <= max(check.tolerance, check.share * abs(wanted), 1e-12):
        return Score(1)
    return Score(0, f"{found:g} is not {wanted:g}.")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
