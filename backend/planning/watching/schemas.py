"""The shapes of the watch over plans on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from backend.planning.watching.deviations import Kind, Severity
from backend.planning.watching.forecast import Forecast

AdaptationKind = Literal["reallocate", "replan", "ask"]


class DeviationPublic(BaseModel):
    """Where a run left its plan."""

    run_id: str
    kind: Kind
    task: str
    severity: Severity
    message: str
    measured: float | None
    expected: float | None
    at: datetime


class AdaptationPublic(BaseModel):
    """What could be done about it, and what was."""

    id: str
    run_id: str
    kind: AdaptationKind
    state: Literal["proposed", "done", "dismissed", "failed"]
    reason: str
    outcome: str
    version: int | None
    created_at: datetime
    by_policy: bool
    left_why: str
    follow: Literal["", "pausing", "followed", "over", "failed"]
    decided_by: str
    decided_at: datetime | None


class RunOfPlan(BaseModel):
    """A run beside its plan, as it was when somebody looked last."""

    run_id: str
    plan_id: str
    version: int
    is_over: bool
    looked_at: datetime
    forecast: Forecast | None
    deviations: list[DeviationPublic]
    adaptations: list[AdaptationPublic]


class RunOfPlanPage(BaseModel):
    """The newest runs of a plan."""

    items: list[RunOfPlan]
    next_cursor: str | None = None


class AdaptationDecision(BaseModel):
    """Do it, or leave it."""

    model_config = ConfigDict(extra="forbid")

    accept: bool
