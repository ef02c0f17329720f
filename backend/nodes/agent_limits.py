"""How far an agent may go, and how far it has gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import JsonValue

from backend.nodes.agent_profile import AgentProfile
from backend.nodes.kind import ChatReply

Limit = Literal["turns", "tokens", "money", "time", "guardrail"]
_COUNTED = ("turns", "tool_calls", "input_tokens", "output_tokens")


class LimitReached(Exception):
    """The agent may ask its model no further; what it has so far is its output."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit: Limit = limit
        self.reason = f"It came to its limit of {limit}."


@dataclass
class Spent:
    """What an agent's work has taken so far. Money counts where a model's price is known."""

    turns: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    model: str = ""
    began: datetime | None = None
    waited: timedelta = timedelta()  # for people and other workflows: not the agent's time

    def begin_turn(self, profile: AgentProfile, now: datetime) -> None:
        """Count a turn; raises LimitReached where there is none left."""
        self.began = self.began or now
        over: dict[Limit, bool] = {
            "turns": self.turns >= profile.max_turns,
            "tokens": self.tokens >= profile.max_tokens,
            "money": profile.max_cost is not None and (self.cost or 0) >= profile.max_cost,
            "time": (now - self.began - self.waited).total_seconds() >= profile.max_seconds,
        }
        for limit, reached in over.items():
            if reached:
                raise LimitReached(limit)
        self.turns += 1

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens

    def called(self, tools: int) -> None:
        """Count so many tools."""
        self.tool_calls += tools

    def wait(self, away: timedelta) -> None:
        """It waited for somebody else."""
        self.waited += away

    def plain(self) -> dict[str, JsonValue]:
        """To be kept with an answer."""
        return {name: getattr(self, name) for name in _COUNTED} | {"cost": self.cost}

    def take(self, spent: Mapping[str, Any]) -> None:
        """Count what is kept with an answer."""
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + spent[name])
        if spent["cost"] is not None:
            self.cost = round((self.cost or 0) + spent["cost"], 9)

    def add(self, reply: ChatReply) -> None:
        """Count what a reply took."""
        self.model = reply.model
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        if reply.cost is not None:
            self.cost = round((self.cost or 0) + reply.cost, 9)


class AllReached(LimitReached):
    """What several agents may take together is taken."""


@dataclass
class Purse:
    """What several agents of one step may take together, and what they have taken."""

    tokens: int
    money: float | None
    seconds: float
    spent: Spent = field(default_factory=Spent)

    def begin_turn(self, now: datetime) -> None:
        """Count a turn of any of them; raises AllReached where there is none left."""
        spent = self.spent
        spent.began = spent.began or now
        over: dict[Limit, bool] = {
            "tokens": spent.tokens >= self.tokens,
            "money": self.money is not None and (spent.cost or 0) >= self.money,
            "time": (now - spent.began - spent.waited).total_seconds() >= self.seconds,
        }
        for limit, reached in over.items():
            if reached:
                raise AllReached(limit)
        spent.turns += 1

    @property
    def share(self) -> float:
        """Of tokens or money, whichever is nearer to its end: 1 is all of it."""
        money = (self.spent.cost or 0) / self.money if self.money else 0.0
        return max(self.spent.tokens / self.tokens, money)
