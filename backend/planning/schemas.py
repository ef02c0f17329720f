"""The shapes of plans on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.core.plain_text import PlainText
from backend.planning.plan import Constraints, TeamPlan
from backend.workflows.proposals.schemas import ProposalPublic

State = Literal["proposed", "impossible", "accepted"]
_Reason = Annotated[PlainText, Field(max_length=500)]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class How(_Wish):
    """By which domain, or with which model, the goal is taken apart."""

    domain: str = Field(default="", max_length=60, description="One of `/plans/domains`; empty: the nearest.")
    model: str = Field(
        default="", max_length=200, description="A chat model by its name; empty plans offline, by domains."
    )
    script: str = Field(
        default="",
        max_length=100_000,
        description="What `scripted/script` says, for tests and demonstrations.",
    )


class PlanCreate(How):
    """A goal with its constraints."""

    goal: Annotated[PlainText, Field(min_length=3, max_length=4_000)]
    constraints: Constraints = Constraints()


class PlanAgain(How):
    """Another version of the plan; what is not said stays as it was."""

    goal: Annotated[PlainText, Field(min_length=3, max_length=4_000)] | None = None
    constraints: Constraints | None = None
    reason: _Reason = ""


class Accepting(_Wish):
    """Make the workflow of a plan, and the agents that it lacks."""

    version: int | None = Field(default=None, ge=1, lt=2**31, description="Null: the newest.")
    model: str = Field(
        default="",
        max_length=200,
        description="The model of the agents that are made; empty: that of their role.",
    )
    draw: bool = Field(
        default=False,
        description="Whether the diagram is drawn at once; else the editor shows it as a proposal.",
    )


class PlanPublic(BaseModel):
    """A plan in a list."""

    id: str
    title: str
    goal: str
    state: State
    version: int
    accepted_version: int | None
    workflow_id: str | None
    created_by: str
    created_at: datetime
    changed_at: datetime


class PlanDetail(PlanPublic):
    """A plan, whole: that of its newest version, or of the one that was asked for."""

    shown_version: int
    reason: str
    plan: TeamPlan
    nodes: dict[str, str] | None = Field(description="Which node draws a task, once it is accepted.")
    agents: dict[str, str] | None = Field(description="Which agent a member is, once it is accepted.")


class PlanPage(BaseModel):
    """Plans, the newest first."""

    items: list[PlanPublic]
    next_cursor: str | None = None


class PlanVersionPublic(BaseModel):
    """A version in figures."""

    number: int
    reason: str
    created_by: str
    created_at: datetime
    accepted: bool
    makespan: float
    cost: float
    tasks: int
    problems: int


class PlanVersionPage(BaseModel):
    """All versions, the newest first."""

    items: list[PlanVersionPublic]
    next_cursor: str | None = None


class DomainPublic(BaseModel):
    """A kind of goals whose way is known offline."""

    name: str
    title: str
    sentence: str
    source: str
    examples: list[str]
    tasks: int


class DomainPage(BaseModel):
    """All domains."""

    items: list[DomainPublic]
    next_cursor: str | None = None


class PlanProposal(ProposalPublic):
    """The accepted plan's diagram beside the draft of its workflow."""

    plan_id: str
    workflow_id: str
