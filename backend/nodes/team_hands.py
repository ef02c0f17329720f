"""The hands of an agent that leads: beside its own tools it can hand tasks over to the others.

A hand-over is two effects: the decision, told with its reason, and the answer. Between them the worker's own calls are
effects as those of any agent.
"""

from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import Field, JsonValue, ValidationError

from backend.core.errors import Outage, QuadrilleError
from backend.nodes.agent_answer import structured
from backend.nodes.agent_limits import AllReached, LimitReached, Spent
from backend.nodes.agent_tools import Hands
from backend.nodes.agent_work import Work
from backend.nodes.kind import Colleague, ToolCall
from backend.nodes.strategy import all_strategies
from backend.nodes.team import NotChosen, Team
from backend.nodes.team_board import BOARD, Board
from backend.nodes.tool import Arguments

NAME = "hand_over"
_TOLD = "Hand a task over to one of the agents and get its answer. Several may be handed over at once."


class HandOver(Arguments):
    task: str = Field(
        min_length=1, max_length=20_000, description="What is to be done, with all that is needed for it."
    )
    reason: str = Field(min_length=1, max_length=2_000, description="Why this task, and why this agent.")
    to: str = Field(default="", max_length=200, description="The agent's name; empty: chosen by capability.")
    capability: str = Field(default="", max_length=200, description="What the agent must be good at.")


@dataclass
class Ledger:
    """What was handed over, and how far that may go."""

    most_rounds: int
    stop_at: float
    lead: Spent = field(default_factory=Spent)  # its turns number the rounds
    rounds: set[int] = field(default_factory=set[int])
    done: list[JsonValue] = field(default_factory=list[JsonValue])  # in the order of the calls

    def refused(self, team: Team) -> str:
        """Why nothing more may be handed over; empty where it may."""
        if team.purse.share >= self.stop_at:
            return f"{team.purse.share:.0%} of the budget is spent. Hand over nothing more: answer from what you have."
        if self.lead.turns not in self.rounds and len(self.rounds) >= self.most_rounds:
            return (
                f"All {self.most_rounds} rounds are over. Hand over nothing more: answer from what you have."
            )
        self.rounds.add(self.lead.turns)
        return ""


def offer(team: Team) -> JsonValue:
    """The others, with what they can, as a tool."""
    listed = "\n".join(_line(one) for one in team.who.values())
    schema = cast(JsonValue, HandOver.model_json_schema())
    return {"name": NAME, "description": f"{_TOLD} There are:\n{listed}", "parameters": schema}


@dataclass(frozen=True)
class LeadHands(Hands):
    """What the leader may use."""

    team: Team | None = None
    ledger: Ledger = field(default_factory=lambda: Ledger(1, 1.0))
    board: Board | None = None

    async def result(self, call: ToolCall) -> JsonValue:
        """The worker's answer, or that of a tool."""
        if call.name != NAME:
            return await super().result(call)
        try:
            return await self._handed_over(HandOver.model_validate(call.arguments), call.id)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            return {"error": f"The arguments are wrong: {'.'.join(map(str, first['loc']))}: {first['msg']}"}
        except NotChosen as nobody:
            return {"error": str(nobody)}

    async def _handed_over(self, wanted: HandOver, call: str) -> JsonValue:
        team, done = cast(Team, self.team), self.ledger.done
        if refused := self.ledger.refused(team):
            return {"error": refused}
        entry: dict[str, JsonValue] = {
            "task": wanted.task,
            "reason": wanted.reason,
            "ok": False,
            "answer": "",
        }
        done.append(entry)
        turn = self.ledger.lead.turns
        note = self.board.place(turn) if self.board else None
        try:
            to, entry["chosen"] = await _decided(team, wanted, call)
        except NotChosen:
            done.remove(entry)
            raise
        shown = self.board.beside(wanted.task, turn) if self.board else wanted.task
        answer = await _answered(team, to, wanted.task, call, shown)
        entry |= {"to": to, "ok": answer["ok"], "answer": answer["text"]}
        if note and answer["ok"]:
            note.who, note.text = to, answer["text"]
            await team.tell("notes", to, BOARD, answer["text"])
        return {"from": to, "answer" if answer["ok"] else "failed": answer["text"]}


async def _decided(team: Team, wanted: HandOver, call: str) -> tuple[str, str]:
    """Who gets it; decided once."""
    counted: list[str] = []

    async def choose() -> JsonValue:
        to, chosen = team.choose(wanted.to, wanted.capability)
        counted.append(to)
        team.given[to] += 1  # at once, so that whoever chooses next sees it
        return {"to": to, "chosen": chosen}

    request: dict[str, JsonValue] = {"sort": "task", "from": team.ctx.node_id, "to": wanted.to, "call": call}
    request |= {"capability": wanted.capability, "text": wanted.task, "reason": wanted.reason}
    found = cast(dict[str, Any], await team.ctx.once("message", request, choose))
    if not counted:
        team.given[found["to"]] += 1
    return found["to"], found["chosen"]


async def _answered(team: Team, name: str, task: str, call: str, shown: str) -> dict[str, Any]:
    """What the worker comes to: an answer, or why there is none, for the one who leads to judge.

    `shown` is the task with what stands on the board.
    """
    done: list[Work] = []

    async def do() -> JsonValue:
        work = await team.work(name, shown, call)
        done.append(work)
        try:
            return {"ok": True, "text": await answer_of(work), "spent": work.spent.plain()}
        except (LimitReached, QuadrilleError, ExceptionGroup) as error:
            told = _why(innermost(error), work.best)
            if not told:
                raise
            return {"ok": False, "text": told, "spent": work.spent.plain()}

    request: JsonValue = {"sort": "answer", "from": name, "to": team.ctx.node_id, "task": task, "call": call}
    found = cast(dict[str, Any], await team.ctx.once("message", request, do))
    if not done:  # it was answered before; what that took counts all the same
        team.purse.spent.take(found["spent"])
    return found


async def answer_of(work: Work) -> str:
    """An agent's answer to its task, by its own strategy and in its own form."""
    text = await all_strategies()[work.profile.strategy].think(work)
    if work.profile.output_schema:
        await structured(work, text, work.profile.output_schema)
        text = work.best or text
    return text


def innermost(error: BaseException) -> BaseException:
    """What went wrong first, where several things did at once."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    return innermost(cast(BaseExceptionGroup[BaseException], error).exceptions[0])


def _why(error: BaseException, best: str) -> str:
    """Why a worker has no answer, for its leader; empty for what is not the leader's to judge: the limit of all, an outage."""
    if isinstance(error, AllReached | Outage):
        return ""
    if isinstance(error, LimitReached):
        return f"{error.reason} So far: {best or 'nothing'}"
    return error.message if isinstance(error, QuadrilleError) else ""


def _line(one: Colleague) -> str:
    can = ", ".join(f"{name} {level:.2f}" for name, level in one.can.items())
    return f"- {one.name}" + (f", {one.role}" if one.role else "") + (f" (good at: {can})" if can else "")
