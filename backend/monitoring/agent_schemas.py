"""The shapes of what agents did on the wire."""

from datetime import datetime

from pydantic import BaseModel, Field


class AgentFigures(BaseModel):
    """What the steps of an agent came to, as their rows and what they asked of models say."""

    steps: int = Field(default=0, description="That are over; stopped ones do not count.")
    succeeded: int = 0
    failed: int = 0
    open: int = Field(default=0, description="That are not over yet.")
    success_rate: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = Field(default=None, description="Null where no price of its models is known.")
    mean_score: float | None = Field(default=None, description="Of the steps whose output has a score.")
    scored: int = 0


class VersionFigures(AgentFigures):
    """The same of one version."""

    version: int


class AgentRun(BaseModel):
    """A run that asked the agent."""

    run_id: str
    workflow_id: str
    workflow_name: str
    status: str
    steps: int
    began_at: datetime


class AgentStatistics(BaseModel):
    """What an agent did in so many days."""

    days: int
    total: AgentFigures
    versions: list[VersionFigures] = Field(description="The newest first.")
    runs: list[AgentRun] = Field(description="The newest runs that asked it.")


class AgentUse(BaseModel):
    """A published workflow that names the agent."""

    workflow_id: str
    slug: str
    name: str
    nodes: list[str] = Field(description="What the nodes are called that name it.")


class AgentUsePage(BaseModel):
    """All of them."""

    items: list[AgentUse]
    next_cursor: str | None = None
