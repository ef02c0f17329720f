"""Several agents in one step: who there is, who is chosen for a task, and what they say to each other.

Every message is an effect, told as an event in the transaction that stores it: after a crash nobody is chosen anew and
nobody says a thing twice.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import JsonValue

from backend.core.errors import Invalid
from backend.nodes import server_tools
from backend.nodes.agent_limits import Purse
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.agent_tools import Hands, asked_first
from backend.nodes.agent_work import Work
from backend.nodes.kind import Colleague, NodeContext
from backend.nodes.team_settings import Member, TeamConfig, options
from backend.nodes.tool import Bounds


class NobodyThere(Invalid):
    """The step has no agents to work with."""

    code, title = "no_agents", "There are no agents"


class NotChosen(Exception):
    """Nobody fits what was asked for; the message says who there is."""


@dataclass
class Team:
    """The agents of one step."""

    ctx: NodeContext
    config: TeamConfig
    who: Mapping[str, Colleague]
    purse: Purse
    given: Counter[str] = field(default_factory=Counter[str])  # how many tasks each was given

    @property
    def bounds(self) -> Bounds:
        """How far the node lets tools reach."""
        config = self.config
        return Bounds(
            config.hosts, config.collections, config.workflows, tuple(config.roles), config.databases
        )

    def choose(self, named: str, capability: str) -> tuple[str, str]:
        """Who gets a task, and how that was found: the one who is named, else the best at it with the least to do."""
        if named:
            found = next((name for name in self.who if name.casefold() == named.strip().casefold()), None)
            if found is None:
                raise NotChosen(f"There is nobody called “{named[:100]}”. There are: {', '.join(self.who)}.")
            return found, "named"
        able = {name: level for name, one in self.who.items() if (level := _level(one, capability)) > 0}
        if not able:
            known = sorted({what for one in self.who.values() for what in one.can})
            raise NotChosen(
                f"Nobody is known to be good at “{capability[:100]}”. Known is: {', '.join(known) or 'nothing'}. "
                f"Name one of: {', '.join(self.who)}."
            )
        best = max(able, key=lambda name: able[name] / (1 + self._load(name)))
        load = self._load(best)
        return (
            best,
            f"best at {capability} ({able[best]:.2f}) with {load} {'task' if load == 1 else 'tasks'} before",
        )

    def _load(self, name: str) -> int:
        return self.given[name] + self.who[name].busy

    async def work(self, name: str, task: str, call: str = "") -> Work:
        """One of them with a task."""
        profile = await self._profile(name)
        tools = await server_tools.chosen(profile.tools, self.ctx)
        hands = Hands(
            tools=tools,
            ask_first=asked_first(tools, self.config.ask_first, self.config.ask_first_for),
            bounds=self.bounds,
            ctx=self.ctx,
            who=name,
            longest=self.config.result_characters,
            of=f"{name}:{call}" if call else name,
        )
        return Work(task, profile, hands, self.ctx, options=options(self.config), who=name, purse=self.purse)

    async def tell(self, sort: str, sender: str, to: str, text: str, reason: str = "") -> None:
        """Something that is said, once."""
        message: JsonValue = {"sort": sort, "from": sender, "to": to, "text": text, "reason": reason}
        await self.ctx.once("message", message, _nothing)

    async def _profile(self, name: str) -> AgentProfile:
        member = next((one for one in self.config.members if one.name == name), None)
        if member is None:
            return (await self.ctx.agent(name))[0]
        return await profile_of(self.ctx, member)


async def gathered(ctx: NodeContext, config: TeamConfig) -> Team:
    """The agents that the settings describe and name; where they do neither, all of the team's that can work."""
    own = {
        one.name: Colleague(name=one.name, role=one.role, can=dict.fromkeys(one.can, 1.0))
        for one in config.members
    }
    kept: Sequence[Colleague] = ()
    if config.agents or not own:
        kept = await ctx.colleagues(list(config.agents))
    found = {one.name: one for one in kept} | own
    if not found:
        raise NobodyThere(
            "There is no agent that could work.", fix="Describe agents in the node, or make some."
        )
    return Team(ctx, config, found, Purse(config.max_tokens, config.max_cost, config.max_seconds))


async def profile_of(ctx: NodeContext, member: Member) -> AgentProfile:
    """What an agent of the node works by."""
    shared: dict[str, Any] = {n: getattr(member, n) for n in AgentProfile.model_fields if hasattr(member, n)}
    instructions = await ctx.text(member.instructions)
    return AgentProfile.model_validate({**shared, "instructions": instructions[:20_000]})


def _level(one: Colleague, capability: str) -> float:
    """How good it is at this, by the name of the capability."""
    wanted = capability.strip().casefold()
    return max((level for name, level in one.can.items() if name.casefold() == wanted), default=0.0)


async def _nothing() -> JsonValue:
    return cast(JsonValue, {})
