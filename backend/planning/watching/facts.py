"""What a run has done of its plan so far, and what its past runs did: values, read from rows elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from backend.planning.plan import TeamPlan

Figure = Literal["seconds", "cost", "tokens"]
FIGURES: tuple[Figure, ...] = ("seconds", "cost", "tokens")


@dataclass(frozen=True)
class Did:
    """One task in the run. Times are seconds from the start of the run; `ended` is None while it goes on."""

    began: float
    ended: float | None = None
    status: str = "running"
    retries: int = 0
    cost: float = 0
    tokens: int = 0

    def figure(self, name: Figure) -> float | None:
        """For comparing with past runs: only of what has ended."""
        if self.ended is None:
            return None
        return {"seconds": self.ended - self.began, "cost": self.cost, "tokens": float(self.tokens)}[name]


@dataclass(frozen=True)
class Course:
    """A run beside its plan at some moment."""

    plan: TeamPlan
    now: float
    did: Mapping[str, Did]
    """By task; a task that has not begun is not there."""
    away: Mapping[str, str] = field(default_factory=dict[str, str])
    """Members that cannot work, and why."""
    past: Mapping[tuple[str, Figure], tuple[float, ...]] = field(
        default_factory=dict[tuple[str, Figure], tuple[float, ...]]
    )
    over: bool = False
    """The run has ended: what has not begun never will."""
