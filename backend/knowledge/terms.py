"""The words that a passage says, and the things that it names: what it is found by without a model."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from backend.core.words import telling
from backend.knowledge.split import BELOW, Piece

LONGEST = 60  # characters of a word
MOST_WORDS = 4  # of what a thing is called
_TOKEN = re.compile(r"\w+(?:[-'\u2019]\w+)*|[^\w\s]")
_MARKED = re.compile(r"\*\*(.+?)\*\*|`([^`\n]+)`|\[([^\]\n]+)\]\([^)\n]*\)")
_NAME = re.compile(r"(?<=[a-z,;:] )[A-ZÄÖÜ]\w+(?: [A-ZÄÖÜ]\w+)*|\b[A-Z]{2,}\b")


@dataclass(frozen=True)
class Terms:
    """How often each word is said, headings counted too, and what is named."""

    words: Counter[str]
    things: frozenset[str]


def of(piece: Piece) -> Terms:
    """What is in a passage: headings, bold words, code, texts of links, names and abbreviations are things."""
    marked = [next(filter(None, found)) for found in cast(list[tuple[str, ...]], _MARKED.findall(piece.text))]
    called = [*piece.title.split(BELOW), *marked, *cast(list[str], _NAME.findall(piece.text))]
    things = frozenset(thing for text in called for thing in _runs(text))
    return Terms(Counter(words(f"{piece.title}\n{piece.text}")), things)


def words(text: str) -> list[str]:
    """The telling words, without their endings: `invoices` meets `invoice`."""
    return [(word[:-1] if len(word) > 4 and word.endswith("e") else word)[:LONGEST] for word in telling(text)]


def named(question: str) -> list[str]:
    """Everything that a question may name: each run of one to four of its telling words."""
    said = words(question)
    runs = (said[at : at + n] for n in range(1, MOST_WORDS + 1) for at in range(len(said) - n + 1))
    return list(dict.fromkeys(" ".join(run) for run in runs))


def _runs(text: str) -> list[str]:
    """The telling words that stand together: `Invoices, receipts and VAT` are three things."""
    found: list[list[str]] = [[]]
    for token in cast(list[str], _TOKEN.findall(text)):
        if said := words(token):
            found[-1] += said
        else:
            found.append([])
    return [" ".join(run) for run in found if _tells(run)]


def _tells(run: Sequence[str]) -> bool:
    return 0 < len(run) <= MOST_WORDS and any(len(word) > 1 and not word.isdigit() for word in run)
