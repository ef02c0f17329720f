"""Everybody speaks in turn, hearing all that was said; whoever says the stop word ends it, and the chair sums it up.

Source: the group chat with a round-robin manager of Wu and others, AutoGen: Enabling Next-Gen LLM Applications via
Multi-Agent Conversation, 2023 (arXiv:2308.08155).
"""

from backend.nodes.protocol import Talk, protocol

_SPEAK = (
    "You take part in a discussion. Add what is missing or wrong, in a few sentences, and repeat nothing."
)
_END = " Where nothing is left to be said, write {word} alone."
_CLOSE = "You close a discussion that is over. Say what came of it: the result, and what stayed open."


@protocol("Round robin")
async def round_robin(talk: Talk) -> str:
    """What the chair makes of it."""
    rule = _SPEAK + (_END.format(word=talk.stop_word) if talk.stop_word else "")
    for _ in talk.in_rounds():
        for who in talk.speakers:
            text = await talk.speak(who, rule, talk.transcript())
            if talk.stop_word and talk.stop_word in text:
                return await talk.close(_CLOSE)
            talk.best = text
    return await talk.close(_CLOSE)
