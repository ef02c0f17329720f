"""One of them works until it hands over to another, who goes on with all that was said; whoever answers ends it.

Source: the hand-offs of OpenAI's Swarm, 2024 (github.com/openai/swarm), and of AutoGen's Swarm team. There is no chair: the
first agent begins, and everybody may hand over to everybody.
"""

from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from backend.core import json
from backend.nodes.agent_work import Work
from backend.nodes.kind import ChatMessage, ToolCall
from backend.nodes.protocol import Talk, protocol

HAND_OVER = "hand_over"
_RULE = (
    "You work with other agents on one task. Where another one is better at what comes next, call hand_over with its name, the "
    "reason and what it has to know. Otherwise do it, and answer."
)
_WRONG: JsonValue = {"error": "Nobody of that name is here, or it is you. Name another, or answer yourself."}


@protocol("Hand-off swarm", least=1)
async def swarm(talk: Talk) -> str:
    """What the one says who hands over to nobody."""
    everybody = list(talk.team.who)
    at = everybody[0]
    handed: list[JsonValue] = []
    talk.more = {"by": at, "hand_overs": handed}
    for _ in talk.in_rounds():
        work = await talk.work(at, talk.about(talk.transcript()))
        last = talk.round == talk.rounds
        text, call = await _turn(work, [] if last else [name for name in everybody if name != at])
        if call is None:
            await talk.hear(at, text)
            return text
        to, why = str(call.arguments["to"]), str(call.arguments.get("reason", ""))
        note = str(call.arguments.get("task", "")) or text
        talk.best = text or talk.best
        handed.append({"from": at, "to": to, "reason": why})
        talk.more["by"] = to
        await talk.hear(at, note, sort="hands_over", to=to, reason=why)
        at = to
    raise AssertionError("in the last round nobody can hand over")


async def _turn(work: Work, others: list[str]) -> tuple[str, ToolCall | None]:
    """What it says, or the call by which it hands over; its own tools are used in between."""
    if others:
        work.hands = replace(work.hands, also=(_offer(others),))
    messages = work.opening(_RULE)
    while True:
        reply = await work.say(messages, tools=True)
        messages.append(ChatMessage(role="assistant", content=reply.text, tool_calls=reply.tool_calls))
        handed = next((call for call in reply.tool_calls if call.name == HAND_OVER), None)
        if handed is not None and handed.arguments.get("to") in others:
            return reply.text.strip(), handed
        if not reply.tool_calls:
            return reply.text.strip(), None
        wrong = [call for call in reply.tool_calls if call.name == HAND_OVER]
        messages += await work.use([call for call in reply.tool_calls if call.name != HAND_OVER])
        messages += [
            ChatMessage(role="tool", content=json.dumps(_WRONG), tool_call_id=call.id) for call in wrong
        ]


def _offer(others: list[str]) -> JsonValue:
    properties: dict[str, Any] = {
        "to": {"type": "string", "enum": others},
        "reason": {"type": "string", "description": "Why this one."},
        "task": {"type": "string", "description": "What it has to know and to do."},
    }
    schema: JsonValue = {"type": "object", "properties": properties, "required": ["to", "reason"]}
    return {"name": HAND_OVER, "description": "Hand the task over to another agent.", "parameters": schema}
