"""Exactly what is expected: 1, or 0."""

from pydantic import Field

from backend.evaluation.metric import Comparing, Score, Seen, metric, shown


class Config(Comparing):
    ignore_case: bool = Field(default=False, title="Case and spaces do not matter")


@metric(title="Exactly the same")
async def exact(check: Config, seen: Seen) -> Score:
    """Of texts, the words alone may count."""
    found, wanted = seen.value, seen.wanted
    if check.ignore_case and isinstance(found, str) and isinstance(wanted, str):
        found, wanted = (" ".join(text.casefold().split()) for text in (found, wanted))
    if found == wanted and isinstance(found, bool) == isinstance(wanted, bool):
        return Score(1)
    return Score(0, f"{shown(seen.value)} is not {shown(seen.wanted)}.")
