"""What allocation is asked and what it answers: plain values, and the one error."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Literal

from backend.core.errors import Invalid, Problem

Limit = Literal["input", "capability", "deadline", "budget", "deadline and budget", "effort"]


@dataclass(frozen=True)
class WorkItem:
    """A task. `capabilities` are needed to at least these levels; `needs` are tasks that must have ended before."""

    id: str
    seconds: float
    capabilities: dict[str, float] = field(default_factory=dict[str, float])
    needs: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    """The candidates that may have it; None is all who can."""
    ready_seconds: float = 0
    """It does not begin before."""


@dataclass(frozen=True)
class Candidate:
    """Who may work. It has `load_seconds` of other work to do first, and does `at_once` tasks side by side."""

    id: str
    capabilities: dict[str, float] = field(default_factory=dict[str, float])
    load_seconds: float = 0
    cost_per_hour: Decimal = Decimal(0)
    at_once: int = 1
    name: str = ""


@dataclass(frozen=True)
class Weights:
    """What counts how much. Each part is measured against what it would be at random or at best, so ones are even."""

    cost: float = 1.0
    proficiency: float = 1.0
    load: float = 0.5
    time: float = 0.25


@dataclass(frozen=True)
class Limits:
    """What must be kept to, from the start of the first task; and what is weighed."""

    deadline_seconds: float | None = None
    budget: Decimal | None = None
    weights: Weights = Weights()


@dataclass(frozen=True)
class Assigned:
    """Who does a task and when, in seconds from the start."""

    task: str
    candidate: str
    start: float
    end: float
    cost: Decimal


@dataclass(frozen=True)
class Option:
    """One candidate for one task, in figures."""

    candidate: str
    proficiency: float
    """The mean of what it can of what is needed; 1 where nothing is."""
    cost: Decimal
    busy_seconds: float
    """All that it has to do, divided by what it does at once."""


@dataclass(frozen=True)
class Reason:
    """Why somebody has a task: the figures of the chosen one and of the best other one, and a sentence made of them."""

    task: str
    chosen: Option
    runner_up: Option | None
    text: str


@dataclass(frozen=True)
class Allocation:
    """The best that was found. No other allocation has a score below `bound`; `gap` is how far that may be away."""

    assignments: tuple[Assigned, ...]
    cost: Decimal
    makespan: float
    score: float
    bound: float
    gap: float
    reasons: tuple[Reason, ...]


def price(seconds: float, candidate: Candidate | None = None) -> Decimal:
    """What so long a task costs with somebody, in dollars; rounded up to a millionth."""
    per_hour = candidate.cost_per_hour if candidate else Decimal(0)
    return Decimal(ceil(Fraction(seconds) * Fraction(per_hour) * 10**6 / 3600)) / 10**6


class CannotAllocate(Invalid):
    """Nobody can, or not within the limits; `limit` is which, `task` and `capability` are where it shows."""

    code, title = "cannot_allocate", "The tasks cannot be allocated"

    def __init__(
        self, limit: Limit, message: str, fix: str, *, task: str | None = None, capability: str | None = None
    ) -> None:
        self.limit: Limit = limit
        self.task, self.capability = task, capability
        problem = Problem(message, f"tasks.{task}" if task else "limits", fix, self.code)
        details = {"limit": limit, "task": task, "capability": capability}
        super().__init__(message, fix=fix, problems=[problem], **details)
