"""A loop that keeps its best round: by the score that its kind gives after each, and no longer than it gets better."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue


@dataclass(slots=True)
class Best:
    """What the loop gives if it ends now. Without scores that is its last round."""

    patience: int | None = None  # rounds that may bring nothing better; None: any number
    value: JsonValue = None
    score: float | None = None
    since: int = 0

    def take(self, answer: JsonValue, value: JsonValue) -> None:
        """A round has ended: what the kind said of it, and what it gave."""
        score = cast(Mapping[str, JsonValue], answer).get("score") if isinstance(answer, dict) else None
        if not isinstance(score, int | float):
            self.value = value
        elif self.score is None or score > self.score:
            self.value, self.score, self.since = value, float(score), 0
        else:
            self.since += 1

    @property
    def is_over(self) -> bool:
        """Whether it has not got better for too long."""
        return self.patience is not None and self.since >= self.patience
