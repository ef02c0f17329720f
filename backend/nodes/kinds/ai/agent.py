"""Give a task to an agent, which asks its model and uses tools until it has the answer.

Every answer of the model and every result of a tool is stored at once: after a crash the agent goes on after the last one.
It reaches nothing but the tools that are chosen here; for those under "Ask first" a person is asked with the exact
arguments. Results of tools are given to the model as data, never as instructions. Where a limit is reached or a guardrail
stops it, it leaves by `limit` with the best answer so far. An agent of the team brings its own settings; this node's tools then only narrow its own.
"""

from typing import Any

from pydantic import Field, JsonValue, model_validator

from backend.core import forms
from backend.nodes import passages, reach, server_tools
from backend.nodes.agent_answer import structured
from backend.nodes.agent_limits import LimitReached
from backend.nodes.agent_profile import StrategyName
from backend.nodes.agent_settings import (
    AnswerTokens,
    Asked,
    AskFirstFor,
    Collections,
    Databases,
    Mask,
    MustNotSay,
    Temperature,
    Workflows,
)
from backend.nodes.agent_tools import Hands, asked_first
from backend.nodes.agent_work import SCRIPTED, Tuning, Work
from backend.nodes.gives import Gives
from backend.nodes.kind import (
    AgentName,
    AgentProfile,
    Code,
    Expression,
    ModelName,
    NodeConfig,
    NodeContext,
    Step,
    Template,
    ToolNames,
    node,
)
from backend.nodes.strategy import all_strategies
from backend.nodes.tool import Bounds

_MORE: dict[str, JsonValue] = {"advanced": True}


class Config(NodeConfig):
    task: Template = Field(
        title="Task", min_length=1, description="What the agent is to do, for example {{ input.text }}."
    )
    agent: AgentName = Field(
        default="", title="Agent of the team", description="Its settings are used; empty: those of this node."
    )
    passages: Expression = Field(
        default="",
        title="Passages",
        description="An expression that gives texts to answer from, such as nodes.retrieve.passages.",
    )
    role: str = Field(default="", title="Role", max_length=200, description="Who it is: “a careful analyst”.")
    goal: str = Field(default="", title="Goal", max_length=2_000, description="What its work is for.")
    instructions: Template = Field(
        default="", title="Instructions", description="How it must work; added to those of a team's agent."
    )
    model: ModelName = Field(
        default="scripted/extractive",
        title="Model",
        min_length=1,
        description="scripted/script, openai:…, anthropic:… or compatible:….",
    )
    strategy: StrategyName = Field(
        default="direct", title="Strategy", description="How it reasons; see the documentation of agents."
    )
    tools: ToolNames = Field(default=(), title="Tools", description="It can reach nothing else.")
    ask_first: ToolNames = Field(
        default=(),
        title="Ask first",
        description="Tools that a person must allow, each time, with the arguments.",
    )
    ask_first_for: AskFirstFor = ()
    hosts: tuple[str, ...] = Field(
        default=(),
        title="Hosts",
        max_length=50,
        description="For HTTP request and Read document; * means all.",
    )
    collections: Collections = ()
    workflows: Workflows = ()
    databases: Databases = ()
    script: Code = Field(
        default="",
        title="Script",
        description="For scripted/script: YAML with `turns`, each `say` or `call`.",
    )
    output_schema: dict[str, Any] | None = Field(
        default=None,
        title="Answer's JSON Schema",
        description="The answer is read into `data` and mended until it fits; empty means text.",
        json_schema_extra={"widget": "json"},
    )
    max_turns: int = Field(
        default=12, title="Most turns", ge=1, le=200, description="Answers of the model, in all."
    )
    max_tokens: int = Field(
        default=100_000, title="Most tokens", ge=1, le=10_000_000, description="Read and written, in all.",
        json_schema_extra=_MORE,
    )  # fmt: skip
    max_cost: float | None = Field(
        default=None, title="Most money", gt=0, description="In dollars, for models whose price is known.",
        json_schema_extra=_MORE,
    )  # fmt: skip
    max_seconds: float = Field(
        default=600, title="Longest time, seconds", gt=0, le=86_400, json_schema_extra=_MORE,
        description="Without the waits for people and other workflows; looked at before each question to the model.",
    )  # fmt: skip
    fallbacks: tuple[ModelName, ...] = Field(
        default=(), title="Fallback models", max_length=5, json_schema_extra=_MORE,
        description="Asked in their order where a model does not answer.",
    )  # fmt: skip
    mask: Mask = ()
    never_say: MustNotSay = ()
    roles: Asked = ("approver", "admin", "owner")
    temperature: Temperature = 0.2
    answer_tokens: AnswerTokens = 2048
    result_characters: int = Field(
        default=8_000, title="Longest tool result, characters", ge=200, le=200_000, json_schema_extra=_MORE,
        description="The model is told no more of it.",
    )  # fmt: skip
    samples: int = Field(
        default=3,
        title="Answers to vote on",
        ge=1,
        le=15,
        description="Of self-consistency.",
        json_schema_extra=_MORE,
    )
    breadth: int = Field(
        default=3, title="Breadth", ge=1, le=8, description="Of a tree of thoughts.", json_schema_extra=_MORE
    )
    depth: int = Field(
        default=2, title="Depth", ge=1, le=6, description="Of a tree of thoughts.", json_schema_extra=_MORE
    )
    rounds: int = Field(
        default=2,
        title="Rounds",
        ge=1,
        le=10,
        description="Further tries of reflexion.",
        json_schema_extra=_MORE,
    )

    @model_validator(mode="after")
    def _fits_together(self) -> "Config":
        reach.require_known((*self.tools, *self.ask_first))
        if not self.agent:
            reach.require_reach(self, self.tools)
            if self.model == SCRIPTED and not self.script.strip():
                raise ValueError("enter the script that the model plays")
        if self.output_schema and (wrong := forms.form_problems(self.output_schema, "output_schema")):
            raise ValueError(wrong[0].message)
        return self


GIVES = Gives(
    fields={"text": "text", "model": "text", "turns": "number", "tool_calls": "number", "input_tokens": "number",
            "output_tokens": "number", "limit": "text", "reason": "text"},
    closed=False,
)  # fmt: skip


@node(
    title="Agent",
    group="AI",
    icon="bot",
    ports=("out", "limit"),
    summary="role",
    effects=("external", "money"),
    resumes=True,
    cacheable=False,
    synonyms=("tools", "assistant", "react", "planner", "autonomous"),
    takes="text",
)
async def agent(config: Config, ctx: NodeContext) -> Step:
    """The answer, and what it took."""
    profile, named = await _profile(config, ctx)
    given = await passages.texts(ctx, config.passages)
    work = Work(
        task=passages.beside(await ctx.text(config.task), given, profile.model),
        profile=profile,
        hands=await _hands(config, profile, ctx),
        ctx=ctx,
        tuning=Tuning(config.samples, config.breadth, config.depth, config.rounds),
        options=_options(config, given),
    )
    found: dict[str, JsonValue] = {"limit": "", "reason": ""}
    try:
        found["text"] = text = await _thought(work, profile)
        if profile.output_schema:
            found["data"] = await structured(work, text, profile.output_schema)
    except* LimitReached as reached:
        first = _first(reached)
        found |= {"text": work.best, "limit": first.limit, "reason": first.reason}
    spent = work.spent
    found |= {"model": spent.model, "turns": spent.turns, "tool_calls": spent.tool_calls, "cost": spent.cost,
              "input_tokens": spent.input_tokens, "output_tokens": spent.output_tokens, "agent": named}  # fmt: skip
    return Step(found, leave_by="limit" if found["limit"] else "out")


def _options(config: Config, passages: list[str]) -> dict[str, JsonValue]:
    options: dict[str, JsonValue] = {"temperature": config.temperature, "max_tokens": config.answer_tokens}
    if passages:
        options["passages"] = [*passages]
    return options


async def _thought(work: Work, profile: AgentProfile) -> str:
    return await all_strategies()[profile.strategy].think(work)


def _first(reached: BaseExceptionGroup[LimitReached]) -> LimitReached:
    """Several may meet a limit at once."""
    inner = reached.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def _profile(config: Config, ctx: NodeContext) -> tuple[AgentProfile, JsonValue]:
    """Who works: the team's agent with what this node adds, or what this node says."""
    instructions = await ctx.text(config.instructions)
    if config.agent:
        found, agent_id, version = await ctx.agent(config.agent)
        tools = tuple(name for name in found.tools if not config.tools or name in config.tools)
        both = "\n\n".join(filter(None, (found.instructions, instructions)))
        schema = config.output_schema or found.output_schema
        changed = {"tools": tools, "instructions": both, "output_schema": schema}
        changed |= {
            name: _both(getattr(found, name), getattr(config, name)) for name in ("mask", "never_say")
        }
        return found.model_copy(update=changed), {"id": agent_id, "version": version}
    shared = {name: getattr(config, name) for name in AgentProfile.model_fields if hasattr(config, name)}
    return AgentProfile.model_validate({**shared, "instructions": instructions[:20_000]}), None


def _both(theirs: tuple[str, ...], ours: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*theirs, *ours)))


async def _hands(config: Config, profile: AgentProfile, ctx: NodeContext) -> Hands:
    tools = await server_tools.chosen(profile.tools, ctx)
    bounds = Bounds(config.hosts, config.collections, config.workflows, tuple(config.roles), config.databases)
    return Hands(
        tools=tools,
        ask_first=asked_first(tools, config.ask_first, config.ask_first_for),
        bounds=bounds,
        ctx=ctx,
        who=profile.role or "the agent",
        longest=config.result_characters,
    )
