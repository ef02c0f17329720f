"""What a script says of what it was asked: `{refund due}` stands for what the line `Refund due: 140` said last.

Such lines are looked for in everything that the model was asked and told, and so are the fields of what its tools gave. What
nobody named stays as it is written.
"""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from pydantic import JsonValue

from backend.core import json
from backend.inference.chat_types import ChatMessage

LONGEST = 500  # characters of a value
_NAME = re.compile(r"[a-z][a-z0-9 _-]{0,40}", re.IGNORECASE)
_HOLE = re.compile(r"\{(" + _NAME.pattern + r")\}", re.IGNORECASE)
_MARK = "<tool_result "


def filled(text: str, messages: Sequence[ChatMessage]) -> str:
    """The text with its holes filled; where it is JSON, inside its texts, so that it stays JSON."""
    if not _HOLE.search(text):
        return text
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(filled_data(json.parse(text, "the script"), messages))
        except json.NotJson:
            pass  # a text that only begins like data
    return _put(text, values(messages))


def filled_data(data: JsonValue, messages: Sequence[ChatMessage]) -> JsonValue:
    """The data with the holes of its texts filled."""
    return _put_data(data, values(messages))


def values(messages: Sequence[ChatMessage]) -> dict[str, str]:
    """What was named, by its name in lower case; said twice, the later counts."""
    found: dict[str, str] = {}
    for message in messages:
        if message.role in ("user", "tool"):
            found.update(_named(message.content))
    return found


def _named(content: str) -> Iterator[tuple[str, str]]:
    """The lines `Name: value`; inside the marks of a tool's result its fields, too."""
    for line in content.splitlines():
        name, _, value = line.partition(":")
        if value.strip() and _NAME.fullmatch(name := name.strip()):
            yield name.casefold(), value.strip()[:LONGEST]
    if content.startswith(_MARK):
        try:
            yield from _fields(json.parse(content.partition("\n")[2].rpartition("\n")[0], "the result"))
        except json.NotJson:
            return


def _fields(data: JsonValue) -> Iterator[tuple[str, str]]:
    """Of a list the first entry counts: it is the best that was found."""
    if isinstance(data, list):
        for one in reversed(data):
            yield from _fields(one)
    elif isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, dict | list):
                yield from _fields(value)
            elif isinstance(value, str | int | float) and not isinstance(value, bool):
                yield name.casefold(), str(value)[:LONGEST]


def _put(text: str, known: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: known.get(hole[1].casefold(), hole[0]), text)


def _put_data(data: JsonValue, known: dict[str, str]) -> JsonValue:
    if isinstance(data, str):
        return _put(data, known)
    if isinstance(data, list):
        return [_put_data(one, known) for one in data]
    if isinstance(data, dict):
        return cast(JsonValue, {name: _put_data(one, known) for name, one in data.items()})
    return data
