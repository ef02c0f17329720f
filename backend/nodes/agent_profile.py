"""What makes an agent: who it is, which model and tools it has, how it thinks and how far it may go."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.nodes.pii import PiiKind

# Permanent in saved diagrams and agents; each is a file in `nodes/strategies`.
StrategyName = Literal[
    "direct",
    "chain_of_thought",
    "react",
    "plan_and_execute",
    "self_consistency",
    "reflexion",
    "tree_of_thoughts",
]

NeverSay = Annotated[
    tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)], ...],
    Field(max_length=100),
]


class AgentProfile(BaseModel):
    """What the settings of an agent node and a team's agent have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    role: str = Field(default="", title="Role", max_length=200)
    goal: str = Field(default="", title="Goal", max_length=2_000)
    instructions: str = Field(default="", title="Instructions", max_length=20_000)
    model: str = Field(default="scripted/extractive", title="Model", min_length=1, max_length=200)
    fallbacks: tuple[str, ...] = Field(default=(), title="Fallback models", max_length=5)
    tools: tuple[str, ...] = Field(default=(), title="Tools", max_length=50)
    strategy: StrategyName = Field(default="direct", title="Strategy")
    script: str = Field(default="", title="Script", max_length=100_000)
    max_turns: int = Field(default=12, title="Most turns", ge=1, le=200)
    max_tokens: int = Field(default=100_000, title="Most tokens", ge=1, le=10_000_000)
    max_cost: float | None = Field(default=None, title="Most money", gt=0)
    max_seconds: float = Field(default=600, title="Longest time, seconds", gt=0, le=86_400)
    output_schema: dict[str, Any] | None = Field(default=None, title="Answer's JSON Schema")
    mask: tuple[PiiKind, ...] = Field(default=(), title="Mask personal data")
    never_say: NeverSay = Field(default=(), title="Must not say")
