"""Let the model think step by step before it answers.

Source: Wei and others, Chain-of-Thought Prompting Elicits Reasoning in Large Language Models, 2022 (arXiv:2201.11903), with
the trigger words of Kojima and others, 2022 (arXiv:2205.11916).
"""

import re

from backend.nodes.agent_work import Work
from backend.nodes.strategy import strategy

RULE = "Think step by step, one step a line. End with a line that begins with “Answer:” and holds the answer alone."
_ANSWER = re.compile(r"^[ \t]*(?:final[ \t]+)?answer[ \t]*:\s*", re.IGNORECASE | re.MULTILINE)


@strategy("Chain of thought")
async def chain_of_thought(work: Work) -> str:
    """What stands behind the last “Answer:”."""
    return concluded(await work.answer(work.opening(RULE)))


def concluded(text: str) -> str:
    """The conclusion of a text that reasons; the whole of it where none is marked."""
    parts = _ANSWER.split(text)
    return parts[-1].strip() or text.strip()
