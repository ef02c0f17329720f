"""What a plan is: pure values, stored as they are, with nothing in them that another file would have to be asked for.

Goal ── Constraints
TeamPlan
├── tasks        a tree: groups, and below them work and approvals with what must come before
├── roles        agents that the team lacks, made when the plan is accepted
├── members      who was considered, as they were then
├── assignments  who does what, when, at what cost, and why
├── loads · critical · risks · reasons
└── problems     what makes it impossible, where it is
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.core.plain_text import PlainText
from backend.nodes.tool import Effect

PEOPLE = "people"
"""The member that gives approvals."""
NEW = "new:"
"""How the ids of members begin that are made when the plan is accepted; a role's key follows."""

Approval = Literal["read", "write", "external", "code", "money", "result"]
"""Classes of steps that must ask: those of tools, and `result`, the end of the whole."""
Preference = Literal["balanced", "quick", "cheap", "good"]
Level = Annotated[float, Field(ge=0, le=1)]
Word = Annotated[PlainText, Field(min_length=1, max_length=60)]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Constraints(_Value):
    """What the plan must keep to."""

    deadline_seconds: float | None = Field(
        default=None, gt=0, le=31_536_000, description="From the start of a run to its end, people included."
    )
    max_cost: float | None = Field(
        default=None, gt=0, le=10**9, description="Dollars for models, for one run."
    )
    max_tokens: int | None = Field(
        default=None, gt=0, le=10**12, description="Read and written, for one run."
    )
    demanded: tuple[Word, ...] = Field(
        default=(), max_length=20, description="Capabilities that the team must bring in."
    )
    forbidden: tuple[Word, ...] = Field(
        default=(),
        max_length=20,
        description="Capabilities, or what tools do (read, write, external, code, money), that no task may need.",
    )
    approvals: tuple[Approval, ...] = Field(default=(), description="Before such steps a person is asked.")
    approval_seconds: float = Field(
        default=1800, gt=0, le=2_592_000, description="How long a person's answer is reckoned to take."
    )
    agents: tuple[Annotated[PlainText, Field(min_length=1, max_length=80)], ...] = Field(
        default=(),
        max_length=50,
        description="Only these agents, by name or id; empty means all that can work.",
    )
    new_agents: bool = Field(default=True, description="Whether agents that are lacking may be designed.")
    prefer: Preference = Field(
        default="balanced", description="What counts where several plans keep to it all."
    )


class Goal(_Value):
    """What somebody wants to reach."""

    text: Annotated[PlainText, Field(min_length=3, max_length=4_000)]
    constraints: Constraints = Constraints()


class Task(_Value):
    """A part of the goal. A group is what its parts make; work is an agent's; an approval is a person's."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    title: Annotated[PlainText, Field(min_length=1, max_length=120)]
    kind: Literal["group", "work", "approval"] = "work"
    parent: str | None = None
    needs: tuple[str, ...] = Field(default=(), description="What must be done before it: work or approvals.")
    what: Annotated[PlainText, Field(max_length=4_000)] = ""
    done_when: Annotated[PlainText, Field(max_length=1_000)] = ""
    seconds: float = Field(default=0, ge=0, le=31_536_000)
    tokens: int = Field(default=0, ge=0, le=10**9)
    capabilities: dict[Word, Level] = Field(default={}, max_length=10, description="With the level it takes.")
    does: tuple[Effect, ...] = ()
    role: str = Field(default="", description="The ready-made role that such work is like.")
    asks_for: tuple[Approval, ...] = Field(default=(), description="Of an approval: why it is there.")
    reason: str = ""


class Role(_Value):
    """An agent that the team lacks; as a member its id is `new:` and its key."""

    key: str
    name: str
    from_role: str
    goal: str
    capabilities: dict[str, Level]
    reason: str


class Member(_Value):
    """Somebody who was considered, as the team knew them when the plan was made."""

    id: str
    name: str
    role: str = ""
    model: str = ""
    capabilities: dict[str, float] = {}
    load_seconds: float = 0
    at_once: int = 1
    cost_per_hour: float = 0
    priced: bool = Field(default=True, description="Whether the price of its model is known.")
    does: tuple[Effect, ...] = Field(default=(), description="What its tools do to the world.")
    steps: int = Field(default=0, description="Outcomes that say what it can; without any it is unproven.")
    new: bool = False


class Assignment(_Value):
    """Who does a task, when (seconds from the start), and why."""

    task: str
    member: str
    start: float
    end: float
    cost: float = 0
    tokens: int = 0
    slack: float = Field(default=0, description="So many seconds it may be late without the end being late.")
    critical: bool = False
    reason: str = ""


class Load(_Value):
    """What a member has to do."""

    member: str
    tasks: int
    seconds: float
    share: float = Field(description="Of the whole time, from 0 to 1.")
    cost: float = 0


class Risk(_Value):
    """What may go wrong, and what helps."""

    code: str
    severity: Literal["low", "medium", "high"]
    message: str
    mitigation: str
    task: str | None = None
    member: str | None = None


class Reason(_Value):
    """Why something was chosen, in sentences made of facts."""

    about: Literal["domain", "method", "demand", "approval", "role", "allocation", "rest"]
    text: str


class PlanProblem(_Value):
    """What makes the plan impossible, with its place and what would help."""

    code: str
    message: str
    fix: str = ""
    task: str | None = None
    capability: str | None = None


class DomainChoice(_Value):
    """A domain that was considered; `score` is from 0 to 1."""

    name: str
    title: str
    score: float


class TeamPlan(_Value):
    """A team for a goal: what it does, who, when, for how much, what may go wrong, and why it is so."""

    goal: Goal
    title: str
    source: Literal["domain", "model", "generic"]
    domain: str = ""
    model: str = ""
    choices: tuple[DomainChoice, ...] = ()
    tasks: tuple[Task, ...]
    roles: tuple[Role, ...] = ()
    members: tuple[Member, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    makespan: float = 0
    cost: float = 0
    tokens: int = 0
    optimal_within: float | None = Field(
        default=None,
        description="How much better than this the best allocation can be at most, as a part of it.",
    )
    critical: tuple[str, ...] = Field(default=(), description="Tasks whose delay delays the end, in order.")
    loads: tuple[Load, ...] = ()
    risks: tuple[Risk, ...] = ()
    reasons: tuple[Reason, ...] = ()
    problems: tuple[PlanProblem, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether it can be accepted."""
        return not self.problems

    def work(self) -> tuple[Task, ...]:
        """Everything that somebody does: no groups."""
        return tuple(task for task in self.tasks if task.kind != "group")
