"""The settings of kinds in which several agents work: who they are, what they may reach, and what they may take together."""

from typing import Annotated, Any

from pydantic import Field, JsonValue, model_validator

from backend.nodes import reach
from backend.nodes.agent_profile import StrategyName
from backend.nodes.agent_settings import (
    AnswerTokens,
    Asked,
    AskFirstFor,
    Collections,
    Databases,
    Temperature,
    Workflows,
)
from backend.nodes.agent_work import SCRIPTED
from backend.nodes.fields import Part
from backend.nodes.kind import (
    AgentName,
    Code,
    ModelName,
    NodeConfig,
    Template,
    ToolNames,
)

_MORE: dict[str, JsonValue] = {"advanced": True}
_FOLDED = Field(json_schema_extra=_MORE)


class Member(Part):
    """An agent that is described here and not kept by the team."""

    name: str = Field(title="Name", min_length=1, max_length=60, description="How the others call it.")
    can: tuple[str, ...] = Field(
        default=(),
        title="Good at",
        max_length=20,
        description="Capabilities by which it is chosen: research.",
    )
    role: str = Field(default="", title="Role", max_length=200, description="Who it is: “a careful analyst”.")
    instructions: Template = Field(default="", title="Instructions", description="How it must work.")
    model: ModelName = Field(
        default="scripted/extractive",
        title="Model",
        min_length=1,
        description="scripted/script, openai:…, anthropic:… or compatible:….",
    )
    script: Code = Field(
        default="",
        title="Script",
        description="For scripted/script: YAML with `turns`.",
        json_schema_extra=_MORE,
    )
    tools: ToolNames = Field(default=(), title="Tools", description="It can reach nothing else.")
    strategy: StrategyName = Field(
        default="direct", title="Strategy", description="How it reasons.", json_schema_extra=_MORE
    )
    max_turns: int = Field(
        default=12, title="Most turns", ge=1, le=200, description="Answers of its model, for one task.",
        json_schema_extra=_MORE,
    )  # fmt: skip


class TeamConfig(NodeConfig):
    """Base of their settings."""

    members: tuple[Member, ...] = Field(
        default=(),
        title="Agents of this node",
        max_length=20,
        description="Described here, for this node alone.",
    )
    agents: tuple[AgentName, ...] = Field(
        default=(), title="Agents of the team", max_length=20, description="By name, with their own settings."
    )
    hosts: tuple[str, ...] = Field(
        default=(), title="Hosts", max_length=50, description="That HTTP request may reach; * means all.",
        json_schema_extra=_MORE,
    )  # fmt: skip
    collections: Annotated[Collections, _FOLDED] = ()
    workflows: Annotated[Workflows, _FOLDED] = ()
    ask_first: ToolNames = Field(
        default=(), title="Ask first", description="Tools that a person must allow, each time.",
        json_schema_extra=_MORE,
    )  # fmt: skip
    ask_first_for: Annotated[AskFirstFor, _FOLDED] = ()
    databases: Annotated[Databases, _FOLDED] = ()
    roles: Asked = ("approver", "admin", "owner")
    max_tokens: int = Field(
        default=200_000, title="Most tokens", ge=1, le=50_000_000, description="Of all of them together.",
        json_schema_extra=_MORE,
    )  # fmt: skip
    max_cost: float | None = Field(
        default=None, title="Most money", gt=0, description="In dollars, of all of them together.",
        json_schema_extra=_MORE,
    )  # fmt: skip
    max_seconds: float = Field(
        default=1800, title="Longest time, seconds", gt=0, le=86_400, json_schema_extra=_MORE,
        description="Without the waits for people; looked at before each question to a model.",
    )  # fmt: skip
    temperature: Temperature = 0.2
    answer_tokens: AnswerTokens = 2048
    result_characters: int = Field(
        default=8_000, title="Longest result, characters", ge=200, le=200_000, json_schema_extra=_MORE,
        description="Of a tool or of another agent; a model is told no more of it.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _members_fit(self) -> "TeamConfig":
        names = [one.name.casefold() for one in self.members]
        if twice := next((one.name for one in self.members if names.count(one.name.casefold()) > 1), ""):
            raise ValueError(f"two agents are called “{twice}”")
        reach.require_known([*self.ask_first, *(tool for one in self.members for tool in one.tools)])
        for one in self.members:
            reach.require_reach(self, one.tools)
            if one.model == SCRIPTED and not one.script.strip():
                raise ValueError(f"enter the script that “{one.name}” plays")
        return self


def options(config: TeamConfig) -> dict[str, Any]:
    """What every model is told beside the messages."""
    return {"temperature": config.temperature, "max_tokens": config.answer_tokens}
