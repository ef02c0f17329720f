"""An answer put together from sentences of the given passages. Not a language model: it writes nothing of its own."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from backend.core.words import telling
from backend.inference.chat_types import ChatMessage, ChatReply

NAME = "scripted/extractive"
NOTHING_FOUND = "The given passages say nothing about this."
_SENTENCES = 3
_MARKS = re.compile(
    r"\*\*|`|^#{1,6} "
)  # Markdown of the passages, which a letter to a customer does not show


@dataclass(frozen=True)
class _Sentence:
    text: str
    passage: int
    position: int


def answer(messages: Sequence[ChatMessage], options: Mapping[str, JsonValue]) -> ChatReply:
    """The sentences that share the rarest words with the last question, in reading order, each with its passage."""
    question = next((m.content for m in reversed(messages) if m.role == "user"), "")
    listed = options.get("passages")
    passages = [str(entry) for entry in listed] if isinstance(listed, list) else []
    sentences = list(_sentences(passages))
    chosen = _best(question, sentences)
    text = " ".join(f"{s.text} [{s.passage}]" for s in chosen) or NOTHING_FOUND
    read = sum(len(m.content.split()) for m in messages) + sum(len(p.split()) for p in passages)
    return ChatReply(text=text, model=NAME, input_tokens=read, output_tokens=len(text.split()))


def _sentences(passages: Sequence[str]) -> list[_Sentence]:
    found: list[_Sentence] = []
    for number, passage in enumerate(passages, start=1):
        for part in re.split(r"(?<=[.!?])\s+|\n+", passage):
            plain = _MARKS.sub("", part).strip()
            if plain:
                found.append(_Sentence(plain, number, len(found)))
    return found


def _best(question: str, sentences: Sequence[_Sentence]) -> list[_Sentence]:
    asked = set(telling(question))
    said = [telling(s.text) for s in sentences]
    spread = Counter(word for each in said for word in set(each))

    def worth(index: int) -> float:
        shared = asked & set(said[index])
        rarity = sum(math.log(1 + len(sentences) / spread[word]) for word in shared)
        return rarity / math.sqrt(len(said[index]) + 4)

    ranked = sorted(range(len(sentences)), key=lambda i: (-worth(i), sentences[i].position))
    chosen = [sentences[i] for i in ranked[:_SENTENCES] if worth(i) > 0]
    return sorted(chosen, key=lambda s: s.position)
