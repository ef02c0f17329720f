"""Allocates tasks to agents by optimisation: who does what, and when, at the least cost, lack of skill and crowding."""

from backend.planning.allocation.solving import allocate
from backend.planning.allocation.values import (
    Allocation,
    Assigned,
    Candidate,
    CannotAllocate,
    Limits,
    Option,
    Reason,
    Weights,
    WorkItem,
)

__all__ = [
    "Allocation",
    "Assigned",
    "Candidate",
    "CannotAllocate",
    "Limits",
    "Option",
    "Reason",
    "Weights",
    "WorkItem",
    "allocate",
]
