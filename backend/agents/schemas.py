"""The shapes of agents on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backend.agents.lifecycle import State
from backend.agents.proficiency import STATED
from backend.agents.public_ids import PREFIX
from backend.core.plain_text import PlainText
from backend.nodes.agent_profile import AgentProfile

MAX_CAPABILITIES = 20


def _no_id(name: str) -> str:
    if name.upper().startswith(PREFIX):
        raise ValueError(f"must not begin with {PREFIX}, as ids do")
    return name


Name = Annotated[PlainText, Field(min_length=1, max_length=80), AfterValidator(_no_id)]
Reason = Annotated[PlainText, Field(max_length=500)]


class CapabilityWish(BaseModel):
    """Something the agent can, and how well as far as somebody knows; its outcomes will tell."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Annotated[PlainText, Field(min_length=1, max_length=60)]
    proficiency: float = Field(default=STATED, ge=0, le=1)


Capabilities = Annotated[list[CapabilityWish], Field(max_length=MAX_CAPABILITIES)]


class AgentCreate(BaseModel):
    """A new agent. What `profile` does not say comes from `from_role`, a ready-made role, where one is named."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Name
    from_role: PlainText | None = Field(default=None, max_length=60)
    profile: dict[str, Any] = Field(default_factory=dict, description="See `AgentProfile`.")
    capabilities: Capabilities | None = None
    reason: Reason = ""


class AgentChange(BaseModel):
    """A new version. `based_on` is the version that was read: it is refused when there is a newer one."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    profile: AgentProfile
    capabilities: Capabilities | None = Field(default=None, description="Null leaves them as they are.")
    reason: Reason = ""
    based_on: int | None = Field(default=None, ge=1, lt=2**31)


class Restoring(BaseModel):
    """Why an older version is right again."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: Reason = ""


class Terminating(Restoring):
    """Why the agent is no longer needed."""


class Outcome(BaseModel):
    """How one step of the agent ended."""

    run_id: str
    node_id: str
    at: datetime
    succeeded: bool
    score: float | None = None


class CapabilityPublic(BaseModel):
    """What the agent can, with the evidence."""

    name: str
    stated: float = Field(description="What somebody said.")
    proficiency: float = Field(description="What follows from that and from the outcomes.")
    steps: int = Field(description="So many outcomes were counted.")
    succeeded: int
    outcomes: list[Outcome] = Field(description="The newest first.")


class AgentProblem(BaseModel):
    """Why the agent cannot work, and how to mend it."""

    message: str
    place: str = ""
    fix: str = ""


class AgentPublic(BaseModel):
    """An agent in a list."""

    id: str
    name: str
    role: str
    goal: str
    model: str
    state: State
    version: int
    problems: list[AgentProblem]
    created_at: datetime
    changed_at: datetime


class AgentPage(BaseModel):
    """A page of the team's agents, the newest first."""

    items: list[AgentPublic]
    next_cursor: str | None = None


class TransitionPublic(BaseModel):
    """The agent changed its state."""

    number: int
    at: datetime
    from_state: str
    to_state: str
    why: str


class AgentDetail(AgentPublic):
    """An agent with its present profile."""

    profile: AgentProfile
    capabilities: list[CapabilityPublic]
    transitions: list[TransitionPublic] = Field(description="The newest first.")


class VersionPublic(BaseModel):
    """A profile as it was written, by whom and why."""

    number: int
    profile: AgentProfile
    reason: str
    restored_from: int | None
    by: str
    at: datetime
    current: bool


class VersionPage(BaseModel):
    """All versions, the newest first."""

    items: list[VersionPublic]
    next_cursor: str | None = None


class CapabilityPage(BaseModel):
    """All capabilities of an agent."""

    items: list[CapabilityPublic]
    next_cursor: str | None = None


class RolePublic(BaseModel):
    """A ready-made role to begin with."""

    name: str
    title: str
    icon: str
    sentence: str
    profile: AgentProfile
    capabilities: list[CapabilityWish]


class RolePage(BaseModel):
    """All ready-made roles."""

    items: list[RolePublic]
    next_cursor: str | None = None


class Applied(BaseModel):
    """What a file of agents changed."""

    created: list[str]
    changed: list[str]
    unchanged: list[str]
