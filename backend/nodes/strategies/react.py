"""Let the model write thoughts and actions in turns, as plain text: also for models that cannot call tools by themselves.

Source: Yao and others, ReAct: Synergizing Reasoning and Acting in Language Models, 2022 (arXiv:2210.03629).
"""

import re
from typing import Any, cast

from backend.core import json
from backend.nodes.agent_work import Work
from backend.nodes.kind import ChatMessage, ToolCall
from backend.nodes.strategies.chain_of_thought import concluded
from backend.nodes.strategy import strategy

_RULE = """Work in turns. In each turn write either
Thought: what you think
Action: the name of one tool
Input: its arguments as one JSON object
and then stop, until you are told what was observed; or, when you know the answer,
Thought: what you think
Answer: the answer

The tools, with the JSON Schemas of their arguments:
{tools}"""
_ACTION = re.compile(r"^[ \t]*Action[ \t]*:\s*(\S+)\s*^[ \t]*Input[ \t]*:\s*", re.IGNORECASE | re.MULTILINE)


@strategy("ReAct")
async def react(work: Work) -> str:
    """Thought, action, observation, until there is an answer."""
    listed = "\n".join(json.dumps(tool) for tool in work.hands.offered()) or "There are none."
    messages = work.opening(_RULE.format(tools=listed))
    while True:
        reply = await work.say(messages)
        messages.append(ChatMessage(role="assistant", content=reply.text))
        call = _wanted(reply.text, len(messages))
        if call is None:
            work.best = concluded(reply.text)
            return work.best
        observed = call if isinstance(call, str) else (await work.use([call]))[0].content
        messages.append(ChatMessage(role="user", content=f"Observation:\n{observed}"))


def _wanted(text: str, number: int) -> ToolCall | str | None:
    """The action of this turn, what is wrong with it, or none where it is an answer."""
    found = _ACTION.search(text)
    if found is None:
        return None
    try:
        given: Any = json.parse(_first_object(text[found.end() :]), "the input")
    except json.NotJson:
        given = None
    if not isinstance(given, dict):
        return "The input is not a JSON object. Write it again."
    return ToolCall(id=f"react_{number}", name=found.group(1), arguments=cast(dict[str, Any], given))


def _first_object(text: str) -> str:
    """Up to the brace that closes the first one; what a model makes up behind it is not read."""
    depth, quoted, skip = 0, False, False
    for place, sign in enumerate(text):
        if skip:
            skip = False
        elif quoted:
            skip, quoted = sign == "\\", sign != '"'
        elif sign == '"':
            quoted = True
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if depth == 0:
                return text[: place + 1]
    return text
