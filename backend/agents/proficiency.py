"""How well an agent does something, in 0..1: what somebody said first, and more and more what its outcomes say.

An outcome is worth its score where the step's output, or the `data` in it, has a number `score` in 0..1, else 1 for a success
and 0 for a failure; who had to stop at a limit has failed.
Each outcome makes all before it weigh 2 % less, and what was said in the beginning weighs as much as four outcomes:

    proficiency = (4 x stated + good) / (4 + weight)      good and weight: the faded sums of worths and of ones
"""

from dataclasses import dataclass
from typing import Any, cast

from pydantic import JsonValue

SAID = 4.0
FADE = 0.98
STATED = 0.5
"""What an agent of which nobody said anything begins with."""


@dataclass(frozen=True)
class Evidence:
    """The faded sums over all outcomes so far."""

    good: float = 0.0
    weight: float = 0.0

    def after(self, worth: float) -> "Evidence":
        """With one more outcome."""
        return Evidence(self.good * FADE + worth, self.weight * FADE + 1)

    def proficiency(self, stated: float) -> float:
        """The estimate by the rule above."""
        return round((SAID * stated + self.good) / (SAID + self.weight), 4)


def score_of(output: JsonValue) -> float | None:
    """The score that a step's output tells of itself."""
    told = cast(dict[str, Any], output) if isinstance(output, dict) else {}
    data: Any = told.get("data")
    inner = cast(dict[str, Any], data) if isinstance(data, dict) else {}
    return next((found for one in (told, inner) if (found := _number(one.get("score"))) is not None), None)


def _number(found: Any) -> float | None:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and 0 <= found <= 1 else None


def worth(*, succeeded: bool, score: float | None) -> float:
    """What an outcome is worth."""
    return (1.0 if score is None else score) if succeeded else 0.0
