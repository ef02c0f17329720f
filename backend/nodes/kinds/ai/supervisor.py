"""Give a goal to an agent that leads others: it takes the goal apart, hands tasks over, asks again and answers.

Each hand-over says why, and to whom: the agent that is named, or the one that is best at what is needed and has the least
to do. Those at work, their tasks and their answers are seen in the run under Messages. Every decision and every answer is
stored at once: after a crash it goes on after the last one. At a limit it leaves by `limit` with the best answer so far.
"""

from pydantic import Field, JsonValue, model_validator

from backend.nodes import reach, server_tools
from backend.nodes.agent_limits import LimitReached
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.agent_tools import asked_first
from backend.nodes.agent_work import SCRIPTED, Work
from backend.nodes.gives import Gives
from backend.nodes.kind import (
    AgentName,
    Code,
    ModelName,
    NodeConfig,
    NodeContext,
    Step,
    Template,
    ToolNames,
    node,
)
from backend.nodes.team import Team, gathered
from backend.nodes.team_board import Board
from backend.nodes.team_hands import LeadHands, Ledger, answer_of, innermost, offer
from backend.nodes.team_settings import TeamConfig, options

_MORE: dict[str, JsonValue] = {"advanced": True}
_ROLE = "a supervisor of other agents"
_RULE = (
    "You lead other agents. Take the goal apart into tasks that each of them can do alone, and hand them over with "
    "hand_over: name the agent, or the capability that is needed, and always the reason. What does not depend on each other "
    "is handed over at once. Where an answer is not enough, ask again. When you have what is needed, answer the goal yourself "
    "from what they gave, and say so where something is not known."
)


class Lead(NodeConfig):
    """The one who leads."""

    goal: Template = Field(
        title="Goal", min_length=1, description="What is to be reached, for example {{ input.question }}."
    )
    agent: AgentName = Field(
        default="",
        title="Lead of the team",
        description="An agent of the team; empty: the settings of this node.",
    )
    instructions: Template = Field(default="", title="Instructions", description="How the lead must work.")
    model: ModelName = Field(
        default="scripted/script",
        title="Model of the lead",
        min_length=1,
        description="scripted/script, openai:…, anthropic:… or compatible:….",
    )
    script: Code = Field(
        default="",
        title="Script of the lead",
        description="For scripted/script: YAML with `turns` that call hand_over, and one that answers.",
    )


class Config(TeamConfig, Lead):
    tools: ToolNames = Field(
        default=(), title="Tools of the lead", description="Beside handing over.", json_schema_extra=_MORE
    )
    max_rounds: int = Field(
        default=6, title="Most rounds", ge=1, le=50, description="Then it must answer from what it has."
    )
    stop_at: float = Field(
        default=0.8, title="Stop at this share of the budget", gt=0, le=1, json_schema_extra=_MORE,
        description="Of tokens or money; from then on nothing is handed over, and what is left is for the answer.",
    )  # fmt: skip
    board: bool = Field(
        default=False, title="Shared board", json_schema_extra=_MORE,
        description="Each agent reads what the others have found in the rounds before.",
    )  # fmt: skip
    max_turns: int = Field(
        default=24, title="Most turns of the lead", ge=1, le=200, description="Answers of its model, in all.",
        json_schema_extra=_MORE,
    )  # fmt: skip

    @model_validator(mode="after")
    def _lead_fits(self) -> "Config":
        reach.require_known(self.tools)
        if not self.agent:
            reach.require_reach(self, self.tools)
            if self.model == SCRIPTED and not self.script.strip():
                raise ValueError("enter the script that the lead plays, or choose another model")
        return self


GIVES = Gives(
    fields={"text": "text", "hand_overs": "list", "rounds": "number", "turns": "number", "tool_calls": "number",
            "input_tokens": "number", "output_tokens": "number", "limit": "text"},
    closed=False,
)  # fmt: skip


@node(
    title="Supervisor",
    group="AI",
    icon="users",
    ports=("out", "limit"),
    summary="goal",
    effects=("external", "money"),
    resumes=True,
    cacheable=False,
    synonyms=("team", "manager", "delegate", "orchestrator", "multi-agent", "hand over"),
    takes="text",
)
async def supervisor(config: Config, ctx: NodeContext) -> Step:
    """The answer, who did what for it, and what it took."""
    team = await gathered(ctx, config)
    profile, ledger = await _profile(config, ctx), Ledger(config.max_rounds, config.stop_at)
    goal, hands = await ctx.text(config.goal), await _hands(config, team, profile, ledger)
    work = Work(goal, profile, hands, ctx, options=options(config), who=ctx.node_id, purse=team.purse)
    work.spent = ledger.lead
    found: dict[str, JsonValue] = {"limit": ""}
    try:
        found["text"] = await answer_of(work)
    except (LimitReached, ExceptionGroup) as error:
        reached = innermost(error)
        if not isinstance(reached, LimitReached):
            raise
        found |= {"text": work.best, "limit": reached.limit}
    spent = team.purse.spent
    found |= {"hand_overs": ledger.done, "rounds": len(ledger.rounds), "turns": spent.turns, "cost": spent.cost,
              "tool_calls": spent.tool_calls, "input_tokens": spent.input_tokens,
              "output_tokens": spent.output_tokens}  # fmt: skip
    return Step(found, leave_by="limit" if found["limit"] else "out")


async def _profile(config: Config, ctx: NodeContext) -> AgentProfile:
    """Who leads, with its own turns; everything else is counted for all together."""
    instructions = await ctx.text(config.instructions)
    if config.agent:
        known = (await ctx.agent(config.agent))[0]
        instructions = "\n\n".join(filter(None, (known.instructions, instructions)))
    else:
        known = AgentProfile(role=_ROLE, model=config.model, script=config.script, tools=config.tools)
    whole = {"max_turns": config.max_turns, "max_tokens": 10_000_000, "max_cost": None, "max_seconds": 86_400}
    return known.model_copy(update={"instructions": f"{_RULE}\n\n{instructions}".strip(), **whole})


async def _hands(config: Config, team: Team, profile: AgentProfile, ledger: Ledger) -> LeadHands:
    tools = await server_tools.chosen(profile.tools, team.ctx)
    return LeadHands(
        tools=tools,
        ask_first=asked_first(tools, config.ask_first, config.ask_first_for),
        bounds=team.bounds,
        ctx=team.ctx,
        who="the supervisor",
        longest=config.result_characters,
        also=(offer(team),),
        team=team,
        ledger=ledger,
        board=Board(config.result_characters) if config.board else None,
    )
