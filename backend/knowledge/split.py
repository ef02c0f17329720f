"""Text and Markdown into passages that fit the model's window and still make sense alone."""

import re
from dataclasses import dataclass

BELOW = " · "  # between a document's title and a section's
LONGEST = 700  # characters; about 170 tokens, well inside the 256 that the model reads
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Piece:
    """A passage to be: its text, and the headings above it."""

    title: str
    text: str


def pieces(text: str, fallback_title: str) -> list[Piece]:
    """The passages of a document in order; the first top heading names it, lower headings are added."""
    found: list[Piece] = []
    document, section, gathered = fallback_title, "", ""
    named = False
    for block in [*re.split(r"\n\s*\n|\n(?=#{1,6}\s)", text.replace("\r\n", "\n")), ""]:
        first, _, rest = block.strip().partition("\n")
        heading = _HEADING.match(first)
        if heading or not block:
            found += _cut(_title(document, section), gathered)
            gathered = rest if heading else ""
        if heading and len(heading[1]) == 1 and not named:
            document, section, named = heading[2], "", True
        elif heading:
            section = heading[2]
        else:
            gathered = f"{gathered}\n\n{block.strip()}".strip()
    return found + _cut(_title(document, section), gathered)


def _title(document: str, section: str) -> str:
    return f"{document}{BELOW}{section}" if section else document


def _cut(title: str, text: str) -> list[Piece]:
    """As few passages as fit, cut between paragraphs, else between sentences, else anywhere."""
    parts = [part for paragraph in text.split("\n\n") for part in _parts(paragraph.strip()) if part]
    passages: list[str] = []
    for part in parts:
        if passages and len(passages[-1]) + len(part) < LONGEST:
            passages[-1] = f"{passages[-1]}\n\n{part}"
        else:
            passages.append(part)
    return [Piece(title, passage) for passage in passages]


def _parts(paragraph: str) -> list[str]:
    if len(paragraph) <= LONGEST:
        return [paragraph]
    parts: list[str] = []
    for sentence in _SENTENCE.split(paragraph):
        for start in range(0, len(sentence), LONGEST):
            piece = sentence[start : start + LONGEST]
            if parts and len(parts[-1]) + len(piece) < LONGEST:
                parts[-1] = f"{parts[-1]} {piece}"
            else:
                parts.append(piece)
    return parts
