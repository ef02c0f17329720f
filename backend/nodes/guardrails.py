"""The guardrails of an agent: what its model does not get to read, and what the agent does not get to say.

They are rules that hold whatever the model does: personal data is masked by its shape in everything that the model is sent and
answers, and an answer or a tool call with a forbidden word ends the work. What is found by shape alone is never all there is.
They are among the options of each question, so that an answer is checked before it is stored or shown to anybody.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from pydantic import BaseModel, JsonValue

from backend.nodes import pii
from backend.nodes.agent_limits import LimitReached
from backend.nodes.agent_profile import AgentProfile, NeverSay
from backend.nodes.kind import ChatMessage, ChatReply
from backend.nodes.pii import PiiKind


class Blocked(LimitReached):
    """The agent was about to say what it must not say; it goes no further, and this is not given."""

    def __init__(self, words: str) -> None:
        super().__init__("guardrail")
        self.reason = f"A guardrail stopped it: it must not say “{words}”."


def readable(messages: Sequence[ChatMessage], profile: AgentProfile) -> list[ChatMessage]:
    """The messages as the model may read them; what the agent's makers wrote stays as it is."""
    if not profile.mask:
        return list(messages)
    return [
        one
        if one.role == "system"
        else one.model_copy(update={"content": _masked(one.content, profile.mask)})
        for one in messages
    ]


class Guard(BaseModel):
    """What an answer is checked for; among the options of a question under `OPTION`."""

    mask: tuple[PiiKind, ...] = ()
    never_say: NeverSay = ()

    def kept(self, reply: ChatReply) -> ChatReply:
        """The reply as it may be stored and seen: where it holds what must not be said, nothing of it."""
        called = chain.from_iterable(_texts(call.arguments) for call in reply.tool_calls)
        for said in chain((reply.text,), called):
            if words := forbidden(said, self.never_say):
                return reply.model_copy(update={"text": "", "tool_calls": (), "withheld": words})
        return reply.model_copy(update={"text": _masked(reply.text, self.mask)}) if self.mask else reply


OPTION = "guard"


def asked_for(profile: AgentProfile) -> dict[str, JsonValue]:
    """The options of a question that name the guardrails; none where there are none."""
    guard = Guard(mask=profile.mask, never_say=profile.never_say)
    return {OPTION: guard.model_dump(mode="json")} if guard.mask or guard.never_say else {}


def named(options: Mapping[str, JsonValue]) -> Guard | None:
    """The guardrails that a question names."""
    return Guard.model_validate(options[OPTION]) if OPTION in options else None


def checked(reply: ChatReply, profile: AgentProfile) -> ChatReply:
    """The reply as it may be used; raises Blocked."""
    found = Guard(mask=profile.mask, never_say=profile.never_say).kept(reply)
    if found.withheld:
        raise Blocked(found.withheld)
    return found


def _masked(text: str, kinds: Sequence[PiiKind]) -> str:
    return pii.masked(text, pii.find(text, kinds))


def _texts(value: JsonValue) -> Iterator[str]:
    """Every text in it, names too: a line's end is not a letter there, as it would be in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from chain(value, *map(_texts, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_texts, value))


def forbidden(said: str, never: tuple[str, ...]) -> str:
    """The first of the words that it says, as whole words in any case; empty where it says none."""
    if not never:
        return ""
    found = _pattern(never).search(_plain(said))
    return "" if found is None else found.group()


@lru_cache(maxsize=256)
def _pattern(never: tuple[str, ...]) -> re.Pattern[str]:
    """Any of them as whole words, however they are spaced."""
    each = (r"\s+".join(map(re.escape, _plain(words).split())) for words in never)
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")


def _plain(text: str) -> str:
    """As it is read: without what nobody sees, such as soft hyphens and spaces of no width."""
    seen = (one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    return "".join(seen).casefold()
