"""The question to the process that allocates, and its answer, as JSON."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from backend.planning.allocation.values import Allocation, Candidate, Limit, Limits, WorkItem


@dataclass(frozen=True)
class Question:
    """What the process reads."""

    tasks: tuple[WorkItem, ...]
    candidates: tuple[Candidate, ...]
    limits: Limits


@dataclass(frozen=True)
class Refused:
    """A CannotAllocate on its way."""

    limit: Limit
    message: str
    fix: str
    task: str | None = None
    capability: str | None = None


QUESTION, ANSWER = TypeAdapter(Question), TypeAdapter[Allocation | Refused](Allocation | Refused)
