"""An agent at work: its model is asked and its tools are used, within its limits. Strategies are written against this."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pydantic import JsonValue

from backend.nodes import guardrails
from backend.nodes.agent_limits import Purse, Spent
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.agent_tools import RULE, Hands
from backend.nodes.kind import ChatMessage, ChatReply, NodeContext, ToolCall

MOST_CALLS = 16
"""So many tools may be called in one turn; the model is told that the others were not."""

SCRIPTED = "scripted/script"


@dataclass(frozen=True)
class Tuning:
    """What strategies may be told: how many answers, thoughts, steps and rounds."""

    samples: int = 3
    breadth: int = 3
    depth: int = 2
    rounds: int = 2


@dataclass
class Work:
    """One task of one agent. `best` is the best answer so far, for when a limit is reached.

    Where several agents work in one step, `who` says which one this is, and `purse` holds what they may take together.
    """

    task: str
    profile: AgentProfile
    hands: Hands
    ctx: NodeContext
    tuning: Tuning = Tuning()
    options: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    spent: Spent = field(default_factory=Spent)
    best: str = ""
    who: str = ""
    purse: Purse | None = None

    def opening(self, rule: str = "", task: str = "") -> list[ChatMessage]:
        """The beginning of a conversation: who the agent is, a rule of the strategy, and the task."""
        profile = self.profile
        who = [
            f"You are {profile.role}." if profile.role else "",
            f"Your goal: {profile.goal}" if profile.goal else "",
        ]
        parts = ["\n".join(filter(None, who)), profile.instructions, rule, RULE if self.hands.any else ""]
        system = "\n\n".join(part.strip() for part in parts if part.strip())
        opened = [ChatMessage(role="system", content=system)] if system else []
        return [*opened, ChatMessage(role="user", content=task or self.task)]

    async def say(
        self,
        messages: Sequence[ChatMessage],
        *,
        tools: bool = False,
        schema: dict[str, JsonValue] | None = None,
    ) -> ChatReply:
        """One answer of the model within its guardrails; raises LimitReached where there is no turn left, or Blocked."""
        profile = self.profile
        now = await self.ctx.now()
        if self.purse is not None:
            self.purse.begin_turn(now)
        self.spent.begin_turn(profile, now)
        asked: dict[str, JsonValue] = {**self.options, **guardrails.asked_for(profile)}
        if self.who:
            asked["who"] = self.who
        if schema is not None:
            asked["schema"] = schema
        if tools and self.hands.any:
            asked["tools"] = self.hands.offered()
        if profile.fallbacks:
            asked["fallbacks"] = list(profile.fallbacks)
        if SCRIPTED in (profile.model, *profile.fallbacks):
            asked["script"] = profile.script
        reply = await self.ctx.chat(profile.model, guardrails.readable(messages, profile), asked)
        self._took(lambda spent: spent.add(reply))
        return guardrails.checked(reply, profile)

    async def ask(self, rule: str, task: str, schema: dict[str, JsonValue] | None = None) -> str:
        """What the model says to this alone, without tools."""
        return (await self.say(self.opening(rule, task), schema=schema)).text.strip()

    async def answer(self, messages: list[ChatMessage]) -> str:
        """Let the model use tools until it calls none; the conversation grows in place, and its last text is the answer."""
        while True:
            reply = await self.say(messages, tools=True)
            if reply.text.strip():
                self.best = reply.text
            messages.append(ChatMessage(role="assistant", content=reply.text, tool_calls=reply.tool_calls))
            if not reply.tool_calls:
                return reply.text
            messages += await self.use(reply.tool_calls)

    async def use(self, calls: Sequence[ToolCall]) -> list[ChatMessage]:
        """Use the tools, all at once, and give the results in the order of the calls."""
        waits = self.hands.may_wait(calls)
        before = await self.ctx.now() if waits else None
        taken = calls[:MOST_CALLS]
        self._took(lambda spent: spent.called(len(taken)))
        told = await self.ctx.together([partial(self.hands.use, call) for call in taken])
        told += [f"At most {MOST_CALLS} tools are called in one turn; this one was not."] * (
            len(calls) - len(taken)
        )
        if before is not None:
            away = await self.ctx.now() - before
            self._took(lambda spent: spent.wait(away))
        pairs = zip(calls, told, strict=True)
        return [ChatMessage(role="tool", content=text, tool_call_id=call.id) for call, text in pairs]

    def _took(self, counted: Callable[[Spent], None]) -> None:
        """Count it here, and where all of them are counted."""
        for spent in (self.spent, self.purse.spent) if self.purse else (self.spent,):
            counted(spent)
