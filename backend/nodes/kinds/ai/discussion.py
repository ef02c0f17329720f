"""Let several agents talk something over: in turn, in a debate with a judge, at a blackboard, or handing over to each other.

What each of them says is seen in the run under Messages, and stored at once: after a crash nobody is asked again. At a limit
it leaves by `limit` with what it has come to so far.
"""

from typing import Literal

from pydantic import Field, JsonValue, model_validator

from backend.core.errors import Invalid
from backend.nodes.agent_limits import LimitReached
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, Template, node
from backend.nodes.protocol import Talk, all_protocols
from backend.nodes.team import Team, gathered
from backend.nodes.team_hands import innermost
from backend.nodes.team_settings import TeamConfig

# Permanent in saved diagrams; each is a file in `nodes/protocols`.
ProtocolName = Literal["round_robin", "debate", "swarm", "blackboard"]


class Subject(NodeConfig):
    """What it is about, and how."""

    topic: Template = Field(
        title="Topic",
        min_length=1,
        description="What is to be talked over, for example {{ input.question }}.",
    )
    protocol: ProtocolName = Field(
        default="round_robin", title="Protocol", description="Who speaks when; see the page of the pattern."
    )


class Config(TeamConfig, Subject):
    chair: str = Field(
        default="",
        title="Chair",
        max_length=200,
        description="The name of the agent that closes, judges or controls; empty: the last one. A swarm has none.",
    )
    max_rounds: int = Field(
        default=3, title="Most rounds", ge=1, le=50, description="In a swarm: most turns."
    )
    stop_word: str = Field(
        default="AGREED",
        title="Stop word",
        max_length=60,
        description="Of round robin: whoever says it ends the talk; empty: all rounds.",
        json_schema_extra={"advanced": True},
    )

    @model_validator(mode="after")
    def _chair_is_there(self) -> "Config":
        known = [one.name for one in self.members] + [*self.agents]
        if self.chair and known and self.chair not in known:
            raise ValueError(f"the chair “{self.chair}” is not among {', '.join(known)}")
        return self


GIVES = Gives(
    fields={"text": "text", "said": "list", "rounds": "number", "turns": "number", "tool_calls": "number",
            "input_tokens": "number", "output_tokens": "number", "limit": "text"},
    closed=False,
)  # fmt: skip


@node(
    title="Discussion",
    group="AI",
    icon="messages-square",
    ports=("out", "limit"),
    summary="protocol",
    effects=("external", "money"),
    resumes=True,
    cacheable=False,
    synonyms=("debate", "group chat", "round robin", "swarm", "handoff", "blackboard", "panel"),
    takes="text",
)
async def discussion(config: Config, ctx: NodeContext) -> Step:
    """What came of it, who said what, and what it took."""
    team = await gathered(ctx, config)
    protocol = all_protocols()[config.protocol]
    chair = "" if config.protocol == "swarm" else config.chair or [*team.who][-1]
    talk = Talk(team, await ctx.text(config.topic), config.max_rounds, chair, config.stop_word)
    _require_enough(team, len(talk.speakers), protocol.least)
    limit = ""
    try:
        text = await protocol.hold(talk)
    except (LimitReached, ExceptionGroup) as error:
        reached = innermost(error)
        if not isinstance(reached, LimitReached):
            raise
        text, limit = talk.best, reached.limit
    spent, said = team.purse.spent, [one.plain() for one in talk.said]
    found: dict[str, JsonValue] = {
        "text": text,
        "limit": limit,
        "said": said,
        "rounds": talk.round,
        **talk.more,
    }
    found |= {"turns": spent.turns, "tool_calls": spent.tool_calls, "cost": spent.cost,
              "input_tokens": spent.input_tokens, "output_tokens": spent.output_tokens}  # fmt: skip
    return Step(found, leave_by="limit" if limit else "out")


def _require_enough(team: Team, speakers: int, least: int) -> None:
    if speakers < least:
        raise Invalid(
            f"There {'is' if speakers == 1 else 'are'} {speakers} to talk, and it takes {least} beside the chair: {', '.join(team.who)}.",
            fix="Add agents to the node.",
        )
